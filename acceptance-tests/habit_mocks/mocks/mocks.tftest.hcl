mock_provider "privgw" {
  mock_resource "privgw_internal_api" {
    defaults = {
      invoke_url    = "https://mock.execute-api.eu-central-1.amazonaws.com/v1"
      listener_arns = { products = "arn:mock" }
    }
  }
}

run "planned" {
  command = plan
  assert {
    condition     = privgw_internal_api.test.backends.products.port == 3001
    error_message = "What is written is known."
  }
}

run "defaults" {
  assert {
    condition     = output.api.invoke_url == "https://mock.execute-api.eu-central-1.amazonaws.com/v1"
    error_message = "A text of the mock must be what the module sees."
  }
  assert {
    condition     = output.api.listener_arns["products"] == "arn:mock"
    error_message = "So must a map."
  }
  assert {
    condition     = length(output.api.id) > 0 && length(output.api.children) == 0
    error_message = "What the mock leaves open is made up."
  }
}

run "overridden" {
  override_resource {
    target = privgw_internal_api.test
    values = { nlb_security_group_id = "sg-mock" }
  }
  # The object of the run before is kept in the state, and would be kept as it is.
  state_key = "overridden"
  assert {
    condition     = output.api.nlb_security_group_id == "sg-mock"
    error_message = "One resource can be given other values."
  }
}
