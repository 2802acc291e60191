run "start" {
  variables {
    step = "start"
  }
  assert {
    condition     = tomap(output.api.tags_all) == tomap({ team = "platform", stage = "test" })
    error_message = "The provider's tags are everywhere."
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

run "own" {
  variables {
    step = "own"
  }
  assert {
    condition     = output.api.id == run.start.api.id && output.api.invoke_url == run.start.api.invoke_url && output.api.vpc_endpoint_id == run.start.api.vpc_endpoint_id && output.api.children == run.start.api.children
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = tomap(output.api.tags_all) == tomap({ team = "platform", stage = "test", owner = "shop", colour = "blue" })
    error_message = "The resource's tags come on top."
  }
}

run "own_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "own"
  }
  assert {
    condition     = output.api == run.own.api
    error_message = "What AWS has must be what was applied."
  }
}

run "own_again" {
  command = plan
  variables {
    step = "own"
  }
  assert {
    condition     = output.api == run.own.api
    error_message = "The second plan must be empty."
  }
}

run "fewer" {
  variables {
    step = "fewer"
  }
  assert {
    condition     = output.api.id == run.own.api.id && output.api.invoke_url == run.own.api.invoke_url && output.api.vpc_endpoint_id == run.own.api.vpc_endpoint_id && output.api.children == run.own.api.children
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = tomap(output.api.tags_all) == tomap({ team = "platform", stage = "test", owner = "market" })
    error_message = "Tags change and go."
  }
}

run "fewer_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "fewer"
  }
  assert {
    condition     = output.api == run.fewer.api
    error_message = "What AWS has must be what was applied."
  }
}

run "fewer_again" {
  command = plan
  variables {
    step = "fewer"
  }
  assert {
    condition     = output.api == run.fewer.api
    error_message = "The second plan must be empty."
  }
}

run "over" {
  variables {
    step = "over"
  }
  assert {
    condition     = output.api.id == run.fewer.api.id && output.api.invoke_url == run.fewer.api.invoke_url && output.api.vpc_endpoint_id == run.fewer.api.vpc_endpoint_id && output.api.children == run.fewer.api.children
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.tags_all.team == "other"
    error_message = "The resource's tags win."
  }
}

run "over_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "over"
  }
  assert {
    condition     = output.api == run.over.api
    error_message = "What AWS has must be what was applied."
  }
}

run "over_again" {
  command = plan
  variables {
    step = "over"
  }
  assert {
    condition     = output.api == run.over.api
    error_message = "The second plan must be empty."
  }
}

run "undefaulted" {
  variables {
    step         = "over"
    default_tags = null
  }
  assert {
    condition     = output.api.id == run.over.api.id && output.api.invoke_url == run.over.api.invoke_url && output.api.vpc_endpoint_id == run.over.api.vpc_endpoint_id && output.api.children == run.over.api.children
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = tomap(output.api.tags_all) == tomap({ team = "other" })
    error_message = "The provider's tags go, too."
  }
}

run "undefaulted_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step         = "over"
    default_tags = null
  }
  assert {
    condition     = output.api == run.undefaulted.api
    error_message = "What AWS has must be what was applied."
  }
}

run "undefaulted_again" {
  command = plan
  variables {
    step         = "over"
    default_tags = null
  }
  assert {
    condition     = output.api == run.undefaulted.api
    error_message = "The second plan must be empty."
  }
}

run "request" {
  module {
    source = "./request"
  }
  variables {
    url = "${run.undefaulted.api.invoke_url}/products"
  }
}
