run "here" {
  variables {
    step = "here"
  }
  assert {
    condition     = output.api.invoke_urls.private_dns == null && output.api.invoke_url == output.api.invoke_urls.endpoint
    error_message = "Without private DNS the endpoint's name of the API is the URL."
  }
}

run "here_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "here"
  }
  assert {
    condition     = output.api == run.here.api
    error_message = "What AWS has must be what was applied."
  }
}

run "here_again" {
  command = plan
  variables {
    step = "here"
  }
  assert {
    condition     = output.api == run.here.api
    error_message = "The second plan must be empty."
  }
}

run "there" {
  variables {
    step = "there"
  }
  assert {
    condition     = output.api.id != run.here.api.id && output.api.vpc_endpoint_id != run.here.api.vpc_endpoint_id && output.api.nlb_arn != run.here.api.nlb_arn
    error_message = "Another VPC means another bundle."
  }
}

run "there_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "there"
  }
  assert {
    condition     = output.api == run.there.api
    error_message = "What AWS has must be what was applied."
  }
}

run "there_again" {
  command = plan
  variables {
    step = "there"
  }
  assert {
    condition     = output.api == run.there.api
    error_message = "The second plan must be empty."
  }
}

run "request" {
  module {
    source = "./request"
  }
  variables {
    url = "${run.there.api.invoke_url}/products"
  }
}
