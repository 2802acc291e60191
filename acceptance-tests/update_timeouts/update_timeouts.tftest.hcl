run "start" {
  variables {
    step = "start"
  }
}

run "start_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "start"
  }
  assert {
    condition     = output.api == run.start.api
    error_message = "What AWS has must be what was applied."
  }
}

run "start_again" {
  command = plan
  variables {
    step = "start"
  }
  assert {
    condition     = output.api == run.start.api
    error_message = "The second plan must be empty."
  }
}

run "longer" {
  variables {
    step = "longer"
  }
  assert {
    condition     = output.api.id == run.start.api.id && output.api.deployment_id == run.start.api.deployment_id && output.api.children == run.start.api.children
    error_message = "Timeouts are nothing to AWS."
  }
}

run "longer_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "longer"
  }
  assert {
    condition     = output.api == run.longer.api
    error_message = "What AWS has must be what was applied."
  }
}

run "longer_again" {
  command = plan
  variables {
    step = "longer"
  }
  assert {
    condition     = output.api == run.longer.api
    error_message = "The second plan must be empty."
  }
}

run "request" {
  module {
    source = "./request"
  }
  variables {
    url = "${run.longer.api.invoke_url}/products"
  }
}
