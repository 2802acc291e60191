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

run "more" {
  variables {
    step = "more"
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
    condition     = output.api.deployment_id != run.start.api.deployment_id
    error_message = "What is deployed changed, so it is deployed again."
  }
  assert {
    condition     = output.api.target_groups == run.start.api.target_groups && output.api.listener_arns == run.start.api.listener_arns
    error_message = "Routes leave back ends alone."
  }
}

run "more_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "more"
  }
  assert {
    condition     = output.api == run.more.api
    error_message = "What AWS has must be what was applied."
  }
}

run "more_again" {
  command = plan
  variables {
    step = "more"
  }
  assert {
    condition     = output.api == run.more.api
    error_message = "The second plan must be empty."
  }
}

run "moved" {
  variables {
    step = "moved"
  }
  assert {
    condition     = output.api.id == run.more.api.id && output.api.invoke_url == run.more.api.invoke_url && output.api.vpc_endpoint_id == run.more.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn == run.more.api.nlb_arn && output.api.vpc_link_id == run.more.api.vpc_link_id
    error_message = "Load balancer and VPC link survive."
  }
  assert {
    condition     = output.api.deployment_id != run.more.api.deployment_id
    error_message = "What is deployed changed, so it is deployed again."
  }
  assert {
    condition     = output.api.target_groups == run.more.api.target_groups && output.api.listener_arns == run.more.api.listener_arns
    error_message = "Routes leave back ends alone."
  }
}

run "moved_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "moved"
  }
  assert {
    condition     = output.api == run.moved.api
    error_message = "What AWS has must be what was applied."
  }
}

run "moved_again" {
  command = plan
  variables {
    step = "moved"
  }
  assert {
    condition     = output.api == run.moved.api
    error_message = "The second plan must be empty."
  }
}

run "path" {
  variables {
    step = "path"
  }
  assert {
    condition     = output.api.id == run.moved.api.id && output.api.invoke_url == run.moved.api.invoke_url && output.api.vpc_endpoint_id == run.moved.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn == run.moved.api.nlb_arn && output.api.vpc_link_id == run.moved.api.vpc_link_id
    error_message = "Load balancer and VPC link survive."
  }
  assert {
    condition     = output.api.deployment_id != run.moved.api.deployment_id
    error_message = "What is deployed changed, so it is deployed again."
  }
  assert {
    condition     = output.api.target_groups == run.moved.api.target_groups && output.api.listener_arns == run.moved.api.listener_arns
    error_message = "Routes leave back ends alone."
  }
}

run "path_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "path"
  }
  assert {
    condition     = output.api == run.path.api
    error_message = "What AWS has must be what was applied."
  }
}

run "path_again" {
  command = plan
  variables {
    step = "path"
  }
  assert {
    condition     = output.api == run.path.api
    error_message = "The second plan must be empty."
  }
}

run "method" {
  variables {
    step = "method"
  }
  assert {
    condition     = output.api.id == run.path.api.id && output.api.invoke_url == run.path.api.invoke_url && output.api.vpc_endpoint_id == run.path.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn == run.path.api.nlb_arn && output.api.vpc_link_id == run.path.api.vpc_link_id
    error_message = "Load balancer and VPC link survive."
  }
  assert {
    condition     = output.api.deployment_id != run.path.api.deployment_id
    error_message = "What is deployed changed, so it is deployed again."
  }
  assert {
    condition     = output.api.target_groups == run.path.api.target_groups && output.api.listener_arns == run.path.api.listener_arns
    error_message = "Routes leave back ends alone."
  }
}

run "method_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "method"
  }
  assert {
    condition     = output.api == run.method.api
    error_message = "What AWS has must be what was applied."
  }
}

run "method_again" {
  command = plan
  variables {
    step = "method"
  }
  assert {
    condition     = output.api == run.method.api
    error_message = "The second plan must be empty."
  }
}

run "type" {
  variables {
    step = "type"
  }
  assert {
    condition     = output.api.id == run.method.api.id && output.api.invoke_url == run.method.api.invoke_url && output.api.vpc_endpoint_id == run.method.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn == run.method.api.nlb_arn && output.api.vpc_link_id == run.method.api.vpc_link_id
    error_message = "Load balancer and VPC link survive."
  }
  assert {
    condition     = output.api.deployment_id != run.method.api.deployment_id
    error_message = "What is deployed changed, so it is deployed again."
  }
  assert {
    condition     = output.api.target_groups == run.method.api.target_groups && output.api.listener_arns == run.method.api.listener_arns
    error_message = "Routes leave back ends alone."
  }
}

run "type_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "type"
  }
  assert {
    condition     = output.api == run.type.api
    error_message = "What AWS has must be what was applied."
  }
}

run "type_again" {
  command = plan
  variables {
    step = "type"
  }
  assert {
    condition     = output.api == run.type.api
    error_message = "The second plan must be empty."
  }
}

run "limits" {
  variables {
    step = "limits"
  }
  assert {
    condition     = output.api.id == run.type.api.id && output.api.invoke_url == run.type.api.invoke_url && output.api.vpc_endpoint_id == run.type.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn == run.type.api.nlb_arn && output.api.vpc_link_id == run.type.api.vpc_link_id
    error_message = "Load balancer and VPC link survive."
  }
  assert {
    condition     = output.api.deployment_id != run.type.api.deployment_id
    error_message = "What is deployed changed, so it is deployed again."
  }
  assert {
    condition     = output.api.target_groups == run.type.api.target_groups && output.api.listener_arns == run.type.api.listener_arns
    error_message = "Routes leave back ends alone."
  }
}

run "limits_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "limits"
  }
  assert {
    condition     = output.api == run.limits.api
    error_message = "What AWS has must be what was applied."
  }
}

run "limits_again" {
  command = plan
  variables {
    step = "limits"
  }
  assert {
    condition     = output.api == run.limits.api
    error_message = "The second plan must be empty."
  }
}

run "signed" {
  variables {
    step = "signed"
  }
  assert {
    condition     = output.api.id == run.limits.api.id && output.api.invoke_url == run.limits.api.invoke_url && output.api.vpc_endpoint_id == run.limits.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn == run.limits.api.nlb_arn && output.api.vpc_link_id == run.limits.api.vpc_link_id
    error_message = "Load balancer and VPC link survive."
  }
  assert {
    condition     = output.api.deployment_id != run.limits.api.deployment_id
    error_message = "What is deployed changed, so it is deployed again."
  }
  assert {
    condition     = output.api.target_groups == run.limits.api.target_groups && output.api.listener_arns == run.limits.api.listener_arns
    error_message = "Routes leave back ends alone."
  }
}

run "signed_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "signed"
  }
  assert {
    condition     = output.api == run.signed.api
    error_message = "What AWS has must be what was applied."
  }
}

run "signed_again" {
  command = plan
  variables {
    step = "signed"
  }
  assert {
    condition     = output.api == run.signed.api
    error_message = "The second plan must be empty."
  }
}

run "mapped" {
  variables {
    step = "mapped"
  }
  assert {
    condition     = output.api.id == run.signed.api.id && output.api.invoke_url == run.signed.api.invoke_url && output.api.vpc_endpoint_id == run.signed.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn == run.signed.api.nlb_arn && output.api.vpc_link_id == run.signed.api.vpc_link_id
    error_message = "Load balancer and VPC link survive."
  }
  assert {
    condition     = output.api.deployment_id != run.signed.api.deployment_id
    error_message = "What is deployed changed, so it is deployed again."
  }
  assert {
    condition     = output.api.target_groups == run.signed.api.target_groups && output.api.listener_arns == run.signed.api.listener_arns
    error_message = "Routes leave back ends alone."
  }
}

run "mapped_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "mapped"
  }
  assert {
    condition     = output.api == run.mapped.api
    error_message = "What AWS has must be what was applied."
  }
}

run "mapped_again" {
  command = plan
  variables {
    step = "mapped"
  }
  assert {
    condition     = output.api == run.mapped.api
    error_message = "The second plan must be empty."
  }
}

run "request" {
  module {
    source = "./request"
  }
  variables {
    url = "${run.mapped.api.invoke_url}/users/7"
  }
}
