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

run "described" {
  variables {
    step = "described"
  }
  assert {
    condition     = output.api.id == run.start.api.id && output.api.invoke_url == run.start.api.invoke_url && output.api.vpc_endpoint_id == run.start.api.vpc_endpoint_id && output.api.stage_arn == run.start.api.stage_arn
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.deployment_id == run.start.api.deployment_id
    error_message = "What is deployed didn't change, so it isn't deployed again."
  }
}

run "described_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "described"
  }
  assert {
    condition     = output.api == run.described.api
    error_message = "What AWS has must be what was applied."
  }
}

run "described_again" {
  command = plan
  variables {
    step = "described"
  }
  assert {
    condition     = output.api == run.described.api
    error_message = "The second plan must be empty."
  }
}

run "variables" {
  variables {
    step = "variables"
  }
  assert {
    condition     = output.api.id == run.described.api.id && output.api.invoke_url == run.described.api.invoke_url && output.api.vpc_endpoint_id == run.described.api.vpc_endpoint_id && output.api.stage_arn == run.described.api.stage_arn
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.deployment_id == run.described.api.deployment_id
    error_message = "What is deployed didn't change, so it isn't deployed again."
  }
}

run "variables_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "variables"
  }
  assert {
    condition     = output.api == run.variables.api
    error_message = "What AWS has must be what was applied."
  }
}

run "variables_again" {
  command = plan
  variables {
    step = "variables"
  }
  assert {
    condition     = output.api == run.variables.api
    error_message = "The second plan must be empty."
  }
}

run "traced" {
  variables {
    step = "traced"
  }
  assert {
    condition     = output.api.id == run.variables.api.id && output.api.invoke_url == run.variables.api.invoke_url && output.api.vpc_endpoint_id == run.variables.api.vpc_endpoint_id && output.api.stage_arn == run.variables.api.stage_arn
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.deployment_id == run.variables.api.deployment_id
    error_message = "What is deployed didn't change, so it isn't deployed again."
  }
}

run "traced_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "traced"
  }
  assert {
    condition     = output.api == run.traced.api
    error_message = "What AWS has must be what was applied."
  }
}

run "traced_again" {
  command = plan
  variables {
    step = "traced"
  }
  assert {
    condition     = output.api == run.traced.api
    error_message = "The second plan must be empty."
  }
}

run "throttled" {
  variables {
    step = "throttled"
  }
  assert {
    condition     = output.api.id == run.traced.api.id && output.api.invoke_url == run.traced.api.invoke_url && output.api.vpc_endpoint_id == run.traced.api.vpc_endpoint_id && output.api.stage_arn == run.traced.api.stage_arn
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.deployment_id == run.traced.api.deployment_id
    error_message = "What is deployed didn't change, so it isn't deployed again."
  }
}

run "throttled_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "throttled"
  }
  assert {
    condition     = output.api == run.throttled.api
    error_message = "What AWS has must be what was applied."
  }
}

run "throttled_again" {
  command = plan
  variables {
    step = "throttled"
  }
  assert {
    condition     = output.api == run.throttled.api
    error_message = "The second plan must be empty."
  }
}

run "cached" {
  variables {
    step = "cached"
  }
  assert {
    condition     = output.api.id == run.throttled.api.id && output.api.invoke_url == run.throttled.api.invoke_url && output.api.vpc_endpoint_id == run.throttled.api.vpc_endpoint_id && output.api.stage_arn == run.throttled.api.stage_arn
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.deployment_id == run.throttled.api.deployment_id
    error_message = "What is deployed didn't change, so it isn't deployed again."
  }
}

run "cached_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "cached"
  }
  assert {
    condition     = output.api == run.cached.api
    error_message = "What AWS has must be what was applied."
  }
}

run "cached_again" {
  command = plan
  variables {
    step = "cached"
  }
  assert {
    condition     = output.api == run.cached.api
    error_message = "The second plan must be empty."
  }
}

run "history" {
  variables {
    step = "history"
  }
  assert {
    condition     = output.api.id == run.cached.api.id && output.api.invoke_url == run.cached.api.invoke_url && output.api.vpc_endpoint_id == run.cached.api.vpc_endpoint_id && output.api.stage_arn == run.cached.api.stage_arn
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.deployment_id == run.cached.api.deployment_id
    error_message = "What is deployed didn't change, so it isn't deployed again."
  }
}

run "history_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "history"
  }
  assert {
    condition     = output.api == run.history.api
    error_message = "What AWS has must be what was applied."
  }
}

run "history_again" {
  command = plan
  variables {
    step = "history"
  }
  assert {
    condition     = output.api == run.history.api
    error_message = "The second plan must be empty."
  }
}

run "renamed" {
  variables {
    step = "renamed"
  }
  assert {
    condition     = output.api.id == run.history.api.id && output.api.vpc_endpoint_id == run.history.api.vpc_endpoint_id
    error_message = "The API survives."
  }
  assert {
    condition     = endswith(output.api.invoke_url, "/v2") && endswith(output.api.stage_arn, "/stages/v2")
    error_message = "The URL has the new stage."
  }
  assert {
    condition     = output.api.deployment_id == run.history.api.deployment_id
    error_message = "What is deployed didn't change, so it isn't deployed again."
  }
}

run "renamed_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "renamed"
  }
  assert {
    condition     = output.api == run.renamed.api
    error_message = "What AWS has must be what was applied."
  }
}

run "renamed_again" {
  command = plan
  variables {
    step = "renamed"
  }
  assert {
    condition     = output.api == run.renamed.api
    error_message = "The second plan must be empty."
  }
}

run "request" {
  module {
    source = "./request"
  }
  variables {
    url = "${run.renamed.api.invoke_url}/products"
  }
}
