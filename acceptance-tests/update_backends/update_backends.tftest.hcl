run "alone" {
  variables {
    step = "alone"
  }
  assert {
    condition     = keys(output.api.target_groups) == tolist(["products"])
    error_message = "There is one back end."
  }
}

run "alone_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "alone"
  }
  assert {
    condition     = output.api == run.alone.api
    error_message = "What AWS has must be what was applied."
  }
}

run "alone_again" {
  command = plan
  variables {
    step = "alone"
  }
  assert {
    condition     = output.api == run.alone.api
    error_message = "The second plan must be empty."
  }
}

run "start" {
  variables {
    step = "start"
  }
  assert {
    condition     = output.api.id == run.alone.api.id && output.api.invoke_url == run.alone.api.invoke_url && output.api.vpc_endpoint_id == run.alone.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn == run.alone.api.nlb_arn && output.api.vpc_link_id == run.alone.api.vpc_link_id
    error_message = "Load balancer and VPC link survive."
  }
  assert {
    condition     = output.api.deployment_id != run.alone.api.deployment_id
    error_message = "What is deployed changed, so it is deployed again."
  }
  assert {
    condition     = output.api.target_groups["products"] == run.alone.api.target_groups["products"] && output.api.listener_arns["products"] == run.alone.api.listener_arns["products"]
    error_message = "The other back end isn't touched."
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

run "targets" {
  variables {
    step = "targets"
  }
  assert {
    condition     = output.api.id == run.start.api.id && output.api.invoke_url == run.start.api.invoke_url && output.api.vpc_endpoint_id == run.start.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn == run.start.api.nlb_arn && output.api.vpc_link_id == run.start.api.vpc_link_id
    error_message = "Load balancer and VPC link survive."
  }
  assert {
    condition     = output.api.deployment_id == run.start.api.deployment_id
    error_message = "What is deployed didn't change, so it isn't deployed again."
  }
  assert {
    condition     = output.api.target_groups["users"].arn == run.start.api.target_groups["users"].arn && output.api.listener_arns["users"] == run.start.api.listener_arns["users"]
    error_message = "Targets come and go in place."
  }
}

run "targets_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "targets"
  }
  assert {
    condition     = output.api == run.targets.api
    error_message = "What AWS has must be what was applied."
  }
}

run "targets_again" {
  command = plan
  variables {
    step = "targets"
  }
  assert {
    condition     = output.api == run.targets.api
    error_message = "The second plan must be empty."
  }
}

run "checked" {
  variables {
    step = "checked"
  }
  assert {
    condition     = output.api.id == run.targets.api.id && output.api.invoke_url == run.targets.api.invoke_url && output.api.vpc_endpoint_id == run.targets.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.deployment_id == run.targets.api.deployment_id
    error_message = "What is deployed didn't change, so it isn't deployed again."
  }
  assert {
    condition     = output.api.target_groups["users"].arn == run.targets.api.target_groups["users"].arn && output.api.listener_arns["users"] == run.targets.api.listener_arns["users"]
    error_message = "The health check changes in place."
  }
}

run "checked_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "checked"
  }
  assert {
    condition     = output.api == run.checked.api
    error_message = "What AWS has must be what was applied."
  }
}

run "checked_again" {
  command = plan
  variables {
    step = "checked"
  }
  assert {
    condition     = output.api == run.checked.api
    error_message = "The second plan must be empty."
  }
}

run "attributes" {
  variables {
    step = "attributes"
  }
  assert {
    condition     = output.api.id == run.checked.api.id && output.api.invoke_url == run.checked.api.invoke_url && output.api.vpc_endpoint_id == run.checked.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.deployment_id == run.checked.api.deployment_id
    error_message = "What is deployed didn't change, so it isn't deployed again."
  }
  assert {
    condition     = output.api.target_groups["users"].arn == run.checked.api.target_groups["users"].arn && output.api.listener_arns["users"] == run.checked.api.listener_arns["users"]
    error_message = "Attributes change in place."
  }
}

run "attributes_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "attributes"
  }
  assert {
    condition     = output.api == run.attributes.api
    error_message = "What AWS has must be what was applied."
  }
}

run "attributes_again" {
  command = plan
  variables {
    step = "attributes"
  }
  assert {
    condition     = output.api == run.attributes.api
    error_message = "The second plan must be empty."
  }
}

run "listener" {
  variables {
    step = "listener"
  }
  assert {
    condition     = output.api.id == run.attributes.api.id && output.api.invoke_url == run.attributes.api.invoke_url && output.api.vpc_endpoint_id == run.attributes.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn == run.attributes.api.nlb_arn && output.api.vpc_link_id == run.attributes.api.vpc_link_id
    error_message = "Load balancer and VPC link survive."
  }
  assert {
    condition     = output.api.deployment_id != run.attributes.api.deployment_id
    error_message = "What is deployed changed, so it is deployed again."
  }
  assert {
    condition     = output.api.target_groups["users"].arn == run.attributes.api.target_groups["users"].arn
    error_message = "The target group survives a new listener port."
  }
}

run "listener_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "listener"
  }
  assert {
    condition     = output.api == run.listener.api
    error_message = "What AWS has must be what was applied."
  }
}

run "listener_again" {
  command = plan
  variables {
    step = "listener"
  }
  assert {
    condition     = output.api == run.listener.api
    error_message = "The second plan must be empty."
  }
}

run "port" {
  variables {
    step = "port"
  }
  assert {
    condition     = output.api.id == run.listener.api.id && output.api.invoke_url == run.listener.api.invoke_url && output.api.vpc_endpoint_id == run.listener.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn == run.listener.api.nlb_arn && output.api.vpc_link_id == run.listener.api.vpc_link_id
    error_message = "Load balancer and VPC link survive."
  }
  assert {
    condition     = output.api.target_groups["users"].arn != run.listener.api.target_groups["users"].arn
    error_message = "A target group can't change its port, so there is a new one."
  }
  assert {
    condition     = output.api.deployment_id == run.listener.api.deployment_id
    error_message = "What is deployed didn't change, so it isn't deployed again."
  }
}

run "port_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "port"
  }
  assert {
    condition     = output.api == run.port.api
    error_message = "What AWS has must be what was applied."
  }
}

run "port_again" {
  command = plan
  variables {
    step = "port"
  }
  assert {
    condition     = output.api == run.port.api
    error_message = "The second plan must be empty."
  }
}

run "tls" {
  variables {
    step = "tls"
  }
  assert {
    condition     = output.api.id == run.port.api.id && output.api.invoke_url == run.port.api.invoke_url && output.api.vpc_endpoint_id == run.port.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn == run.port.api.nlb_arn && output.api.vpc_link_id == run.port.api.vpc_link_id
    error_message = "Load balancer and VPC link survive."
  }
  assert {
    condition     = output.api.deployment_id != run.port.api.deployment_id
    error_message = "What is deployed changed, so it is deployed again."
  }
  assert {
    condition     = output.api.target_groups["users"].arn == run.port.api.target_groups["users"].arn && output.api.listener_arns["users"] == run.port.api.listener_arns["users"]
    error_message = "The target group survives."
  }
}

run "tls_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "tls"
  }
  assert {
    condition     = output.api == run.tls.api
    error_message = "What AWS has must be what was applied."
  }
}

run "tls_again" {
  command = plan
  variables {
    step = "tls"
  }
  assert {
    condition     = output.api == run.tls.api
    error_message = "The second plan must be empty."
  }
}

run "instances" {
  variables {
    step = "instances"
  }
  assert {
    condition     = output.api.id == run.tls.api.id && output.api.invoke_url == run.tls.api.invoke_url && output.api.vpc_endpoint_id == run.tls.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn == run.tls.api.nlb_arn && output.api.vpc_link_id == run.tls.api.vpc_link_id
    error_message = "Load balancer and VPC link survive."
  }
  assert {
    condition     = output.api.target_groups["users"].arn != run.tls.api.target_groups["users"].arn
    error_message = "A target group can't change its type, so there is a new one."
  }
}

run "instances_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "instances"
  }
  assert {
    condition     = output.api == run.instances.api
    error_message = "What AWS has must be what was applied."
  }
}

run "instances_again" {
  command = plan
  variables {
    step = "instances"
  }
  assert {
    condition     = output.api == run.instances.api
    error_message = "The second plan must be empty."
  }
}

run "removed" {
  variables {
    step = "alone"
  }
  assert {
    condition     = output.api.id == run.instances.api.id && output.api.invoke_url == run.instances.api.invoke_url && output.api.vpc_endpoint_id == run.instances.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn == run.instances.api.nlb_arn && output.api.vpc_link_id == run.instances.api.vpc_link_id
    error_message = "Load balancer and VPC link survive."
  }
  assert {
    condition     = output.api.deployment_id != run.instances.api.deployment_id
    error_message = "What is deployed changed, so it is deployed again."
  }
  assert {
    condition     = keys(output.api.target_groups) == tolist(["products"])
    error_message = "The back end is gone."
  }
}

run "removed_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "alone"
  }
  assert {
    condition     = output.api == run.removed.api
    error_message = "What AWS has must be what was applied."
  }
}

run "removed_again" {
  command = plan
  variables {
    step = "alone"
  }
  assert {
    condition     = output.api == run.removed.api
    error_message = "The second plan must be empty."
  }
}

run "request" {
  module {
    source = "./request"
  }
  variables {
    url = "${run.removed.api.invoke_url}/products"
  }
}
