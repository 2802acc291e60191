run "start" {
  variables {
    step = "start"
  }
  assert {
    condition     = length(output.api.nlb_private_ips) == 3
    error_message = "The load balancer is in the default subnets."
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

run "one" {
  variables {
    step = "one"
  }
  assert {
    condition     = output.api.id == run.start.api.id && output.api.invoke_url == run.start.api.invoke_url && output.api.vpc_endpoint_id == run.start.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn != run.start.api.nlb_arn && output.api.vpc_link_id != run.start.api.vpc_link_id
    error_message = "AWS can't change this, so there is a new load balancer behind a new link."
  }
  assert {
    condition     = length(output.api.nlb_private_ips) == 1
    error_message = "It has its own subnet."
  }
  assert {
    condition     = output.api.deployment_id != run.start.api.deployment_id
    error_message = "What is deployed changed, so it is deployed again."
  }
}

run "one_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "one"
  }
  assert {
    condition     = output.api == run.one.api
    error_message = "What AWS has must be what was applied."
  }
}

run "one_again" {
  command = plan
  variables {
    step = "one"
  }
  assert {
    condition     = output.api == run.one.api
    error_message = "The second plan must be empty."
  }
}

run "two" {
  variables {
    step = "two"
  }
  assert {
    condition     = output.api.id == run.one.api.id && output.api.invoke_url == run.one.api.invoke_url && output.api.vpc_endpoint_id == run.one.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn == run.one.api.nlb_arn && output.api.vpc_link_id == run.one.api.vpc_link_id
    error_message = "Load balancer and VPC link survive."
  }
  assert {
    condition     = output.api.deployment_id == run.one.api.deployment_id
    error_message = "What is deployed didn't change, so it isn't deployed again."
  }
  assert {
    condition     = length(output.api.nlb_private_ips) == 2
    error_message = "A subnet is added in place."
  }
}

run "two_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "two"
  }
  assert {
    condition     = output.api == run.two.api
    error_message = "What AWS has must be what was applied."
  }
}

run "two_again" {
  command = plan
  variables {
    step = "two"
  }
  assert {
    condition     = output.api == run.two.api
    error_message = "The second plan must be empty."
  }
}

run "zonal" {
  variables {
    step = "zonal"
  }
  assert {
    condition     = output.api.id == run.two.api.id && output.api.invoke_url == run.two.api.invoke_url && output.api.vpc_endpoint_id == run.two.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn == run.two.api.nlb_arn && output.api.vpc_link_id == run.two.api.vpc_link_id
    error_message = "Load balancer and VPC link survive."
  }
  assert {
    condition     = output.api.deployment_id == run.two.api.deployment_id
    error_message = "What is deployed didn't change, so it isn't deployed again."
  }
}

run "zonal_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "zonal"
  }
  assert {
    condition     = output.api == run.zonal.api
    error_message = "What AWS has must be what was applied."
  }
}

run "zonal_again" {
  command = plan
  variables {
    step = "zonal"
  }
  assert {
    condition     = output.api == run.zonal.api
    error_message = "The second plan must be empty."
  }
}

run "protected" {
  variables {
    step = "protected"
  }
  assert {
    condition     = output.api.id == run.zonal.api.id && output.api.invoke_url == run.zonal.api.invoke_url && output.api.vpc_endpoint_id == run.zonal.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn == run.zonal.api.nlb_arn && output.api.vpc_link_id == run.zonal.api.vpc_link_id
    error_message = "Load balancer and VPC link survive."
  }
  assert {
    condition     = output.api.deployment_id == run.zonal.api.deployment_id
    error_message = "What is deployed didn't change, so it isn't deployed again."
  }
}

run "protected_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "protected"
  }
  assert {
    condition     = output.api == run.protected.api
    error_message = "What AWS has must be what was applied."
  }
}

run "protected_again" {
  command = plan
  variables {
    step = "protected"
  }
  assert {
    condition     = output.api == run.protected.api
    error_message = "The second plan must be empty."
  }
}

run "own" {
  variables {
    step = "own"
  }
  assert {
    condition     = output.api.id == run.protected.api.id && output.api.invoke_url == run.protected.api.invoke_url && output.api.vpc_endpoint_id == run.protected.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn == run.protected.api.nlb_arn && output.api.vpc_link_id == run.protected.api.vpc_link_id
    error_message = "Load balancer and VPC link survive."
  }
  assert {
    condition     = output.api.deployment_id == run.protected.api.deployment_id
    error_message = "What is deployed didn't change, so it isn't deployed again."
  }
  assert {
    condition     = output.api.nlb_security_group_id == null
    error_message = "The managed group is gone."
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

run "bare" {
  variables {
    step = "bare"
  }
  assert {
    condition     = output.api.id == run.own.api.id && output.api.invoke_url == run.own.api.invoke_url && output.api.vpc_endpoint_id == run.own.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn != run.own.api.nlb_arn && output.api.vpc_link_id != run.own.api.vpc_link_id
    error_message = "AWS can't change this, so there is a new load balancer behind a new link."
  }
  assert {
    condition     = output.api.nlb_security_group_id == null
    error_message = "There is no group at all."
  }
}

run "bare_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "bare"
  }
  assert {
    condition     = output.api == run.bare.api
    error_message = "What AWS has must be what was applied."
  }
}

run "bare_again" {
  command = plan
  variables {
    step = "bare"
  }
  assert {
    condition     = output.api == run.bare.api
    error_message = "The second plan must be empty."
  }
}

run "managed" {
  variables {
    step = "two"
  }
  assert {
    condition     = output.api.id == run.bare.api.id && output.api.invoke_url == run.bare.api.invoke_url && output.api.vpc_endpoint_id == run.bare.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn != run.bare.api.nlb_arn && output.api.vpc_link_id != run.bare.api.vpc_link_id
    error_message = "AWS can't change this, so there is a new load balancer behind a new link."
  }
  assert {
    condition     = startswith(output.api.nlb_security_group_id, "sg-")
    error_message = "There is a managed group again."
  }
}

run "managed_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "two"
  }
  assert {
    condition     = output.api == run.managed.api
    error_message = "What AWS has must be what was applied."
  }
}

run "managed_again" {
  command = plan
  variables {
    step = "two"
  }
  assert {
    condition     = output.api == run.managed.api
    error_message = "The second plan must be empty."
  }
}

run "request" {
  module {
    source = "./request"
  }
  variables {
    url = "${run.managed.api.invoke_url}/products"
  }
}
