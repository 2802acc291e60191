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

run "compressed" {
  variables {
    step = "compressed"
  }
  assert {
    condition     = output.api.id == run.start.api.id && output.api.invoke_url == run.start.api.invoke_url && output.api.vpc_endpoint_id == run.start.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn == run.start.api.nlb_arn && output.api.vpc_link_id == run.start.api.vpc_link_id
    error_message = "Load balancer and VPC link survive."
  }
}

run "compressed_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "compressed"
  }
  assert {
    condition     = output.api == run.compressed.api
    error_message = "What AWS has must be what was applied."
  }
}

run "compressed_again" {
  command = plan
  variables {
    step = "compressed"
  }
  assert {
    condition     = output.api == run.compressed.api
    error_message = "The second plan must be empty."
  }
}

run "larger" {
  variables {
    step = "larger"
  }
  assert {
    condition     = output.api.id == run.compressed.api.id && output.api.invoke_url == run.compressed.api.invoke_url && output.api.vpc_endpoint_id == run.compressed.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn == run.compressed.api.nlb_arn && output.api.vpc_link_id == run.compressed.api.vpc_link_id
    error_message = "Load balancer and VPC link survive."
  }
}

run "larger_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "larger"
  }
  assert {
    condition     = output.api == run.larger.api
    error_message = "What AWS has must be what was applied."
  }
}

run "larger_again" {
  command = plan
  variables {
    step = "larger"
  }
  assert {
    condition     = output.api == run.larger.api
    error_message = "The second plan must be empty."
  }
}

run "binary" {
  variables {
    step = "binary"
  }
  assert {
    condition     = output.api.id == run.larger.api.id && output.api.invoke_url == run.larger.api.invoke_url && output.api.vpc_endpoint_id == run.larger.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn == run.larger.api.nlb_arn && output.api.vpc_link_id == run.larger.api.vpc_link_id
    error_message = "Load balancer and VPC link survive."
  }
}

run "binary_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "binary"
  }
  assert {
    condition     = output.api == run.binary.api
    error_message = "What AWS has must be what was applied."
  }
}

run "binary_again" {
  command = plan
  variables {
    step = "binary"
  }
  assert {
    condition     = output.api == run.binary.api
    error_message = "The second plan must be empty."
  }
}

run "keys" {
  variables {
    step = "keys"
  }
  assert {
    condition     = output.api.id == run.binary.api.id && output.api.invoke_url == run.binary.api.invoke_url && output.api.vpc_endpoint_id == run.binary.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn == run.binary.api.nlb_arn && output.api.vpc_link_id == run.binary.api.vpc_link_id
    error_message = "Load balancer and VPC link survive."
  }
}

run "keys_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "keys"
  }
  assert {
    condition     = output.api == run.keys.api
    error_message = "What AWS has must be what was applied."
  }
}

run "keys_again" {
  command = plan
  variables {
    step = "keys"
  }
  assert {
    condition     = output.api == run.keys.api
    error_message = "The second plan must be empty."
  }
}

run "shut" {
  variables {
    step = "shut"
  }
  assert {
    condition     = output.api.id == run.keys.api.id && output.api.invoke_url == run.keys.api.invoke_url && output.api.vpc_endpoint_id == run.keys.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn == run.keys.api.nlb_arn && output.api.vpc_link_id == run.keys.api.vpc_link_id
    error_message = "Load balancer and VPC link survive."
  }
}

run "shut_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "shut"
  }
  assert {
    condition     = output.api == run.shut.api
    error_message = "What AWS has must be what was applied."
  }
}

run "shut_again" {
  command = plan
  variables {
    step = "shut"
  }
  assert {
    condition     = output.api == run.shut.api
    error_message = "The second plan must be empty."
  }
}

run "plain" {
  variables {
    step = "start"
  }
  assert {
    condition     = output.api.id == run.shut.api.id && output.api.invoke_url == run.shut.api.invoke_url && output.api.vpc_endpoint_id == run.shut.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn == run.shut.api.nlb_arn && output.api.vpc_link_id == run.shut.api.vpc_link_id
    error_message = "Load balancer and VPC link survive."
  }
}

run "plain_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "start"
  }
  assert {
    condition     = output.api == run.plain.api
    error_message = "What AWS has must be what was applied."
  }
}

run "plain_again" {
  command = plan
  variables {
    step = "start"
  }
  assert {
    condition     = output.api == run.plain.api
    error_message = "The second plan must be empty."
  }
}

run "request" {
  module {
    source = "./request"
  }
  variables {
    url = "${run.plain.api.invoke_url}/products"
  }
}
