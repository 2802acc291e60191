run "start" {
  variables {
    step = "start"
  }
  assert {
    condition     = output.api.children["security_group/endpoint"] == output.api.security_group_id
    error_message = "The group is managed."
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

run "callers" {
  variables {
    step = "callers"
  }
  assert {
    condition     = output.api.id == run.start.api.id && output.api.invoke_url == run.start.api.invoke_url && output.api.vpc_endpoint_id == run.start.api.vpc_endpoint_id && output.api.security_group_id == run.start.api.security_group_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.deployment_id == run.start.api.deployment_id
    error_message = "What is deployed didn't change, so it isn't deployed again."
  }
}

run "callers_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "callers"
  }
  assert {
    condition     = output.api == run.callers.api
    error_message = "What AWS has must be what was applied."
  }
}

run "callers_again" {
  command = plan
  variables {
    step = "callers"
  }
  assert {
    condition     = output.api == run.callers.api
    error_message = "The second plan must be empty."
  }
}

run "blocks" {
  variables {
    step = "blocks"
  }
  assert {
    condition     = output.api.id == run.callers.api.id && output.api.invoke_url == run.callers.api.invoke_url && output.api.vpc_endpoint_id == run.callers.api.vpc_endpoint_id && output.api.security_group_id == run.callers.api.security_group_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.deployment_id == run.callers.api.deployment_id
    error_message = "What is deployed didn't change, so it isn't deployed again."
  }
}

run "blocks_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "blocks"
  }
  assert {
    condition     = output.api == run.blocks.api
    error_message = "What AWS has must be what was applied."
  }
}

run "blocks_again" {
  command = plan
  variables {
    step = "blocks"
  }
  assert {
    condition     = output.api == run.blocks.api
    error_message = "The second plan must be empty."
  }
}

run "prefixes" {
  variables {
    step = "prefixes"
  }
  assert {
    condition     = output.api.id == run.blocks.api.id && output.api.invoke_url == run.blocks.api.invoke_url && output.api.vpc_endpoint_id == run.blocks.api.vpc_endpoint_id && output.api.security_group_id == run.blocks.api.security_group_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.deployment_id == run.blocks.api.deployment_id
    error_message = "What is deployed didn't change, so it isn't deployed again."
  }
}

run "prefixes_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "prefixes"
  }
  assert {
    condition     = output.api == run.prefixes.api
    error_message = "What AWS has must be what was applied."
  }
}

run "prefixes_again" {
  command = plan
  variables {
    step = "prefixes"
  }
  assert {
    condition     = output.api == run.prefixes.api
    error_message = "The second plan must be empty."
  }
}

run "subnets" {
  variables {
    step = "subnets"
  }
  assert {
    condition     = output.api.id == run.prefixes.api.id && output.api.invoke_url == run.prefixes.api.invoke_url && output.api.vpc_endpoint_id == run.prefixes.api.vpc_endpoint_id && output.api.security_group_id == run.prefixes.api.security_group_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn == run.prefixes.api.nlb_arn && output.api.vpc_link_id == run.prefixes.api.vpc_link_id
    error_message = "Load balancer and VPC link survive."
  }
  assert {
    condition     = length(output.api.vpc_endpoint_network_interface_ids) == 1
    error_message = "The endpoint has its own subnets."
  }
  assert {
    condition     = length(output.api.nlb_private_ips) == 3
    error_message = "The load balancer keeps its own."
  }
}

run "subnets_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "subnets"
  }
  assert {
    condition     = output.api == run.subnets.api
    error_message = "What AWS has must be what was applied."
  }
}

run "subnets_again" {
  command = plan
  variables {
    step = "subnets"
  }
  assert {
    condition     = output.api == run.subnets.api
    error_message = "The second plan must be empty."
  }
}

run "endpoint" {
  variables {
    step = "endpoint"
  }
  assert {
    condition     = output.api.id == run.subnets.api.id && output.api.invoke_url == run.subnets.api.invoke_url && output.api.vpc_endpoint_id == run.subnets.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = length(output.api.vpc_endpoint_network_interface_ids) == 3
    error_message = "The endpoint is in all subnets again."
  }
  assert {
    condition     = output.api.deployment_id == run.subnets.api.deployment_id
    error_message = "What is deployed didn't change, so it isn't deployed again."
  }
}

run "endpoint_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "endpoint"
  }
  assert {
    condition     = output.api == run.endpoint.api
    error_message = "What AWS has must be what was applied."
  }
}

run "endpoint_again" {
  command = plan
  variables {
    step = "endpoint"
  }
  assert {
    condition     = output.api == run.endpoint.api
    error_message = "The second plan must be empty."
  }
}

run "additional" {
  variables {
    step = "additional"
  }
  assert {
    condition     = output.api.id == run.endpoint.api.id && output.api.invoke_url == run.endpoint.api.invoke_url && output.api.vpc_endpoint_id == run.endpoint.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.deployment_id != run.endpoint.api.deployment_id
    error_message = "What is deployed changed, so it is deployed again."
  }
}

run "additional_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "additional"
  }
  assert {
    condition     = output.api == run.additional.api
    error_message = "What AWS has must be what was applied."
  }
}

run "additional_again" {
  command = plan
  variables {
    step = "additional"
  }
  assert {
    condition     = output.api == run.additional.api
    error_message = "The second plan must be empty."
  }
}

run "public" {
  variables {
    step = "public"
  }
  assert {
    condition     = output.api.id == run.additional.api.id && output.api.vpc_endpoint_id == run.additional.api.vpc_endpoint_id
    error_message = "The API and its endpoint survive."
  }
  assert {
    condition     = output.api.invoke_url == output.api.invoke_urls.endpoint && output.api.invoke_urls.private_dns == null
    error_message = "Without private DNS the URL is the one by the endpoint."
  }
}

run "public_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "public"
  }
  assert {
    condition     = output.api == run.public.api
    error_message = "What AWS has must be what was applied."
  }
}

run "public_again" {
  command = plan
  variables {
    step = "public"
  }
  assert {
    condition     = output.api == run.public.api
    error_message = "The second plan must be empty."
  }
}

run "own" {
  variables {
    step = "own"
  }
  assert {
    condition     = output.api.id == run.public.api.id && output.api.vpc_endpoint_id == run.public.api.vpc_endpoint_id
    error_message = "The API and its endpoint survive."
  }
  assert {
    condition     = output.api.security_group_id == null && !contains(keys(output.api.children), "security_group/endpoint")
    error_message = "The managed group is gone."
  }
  assert {
    condition     = output.api.invoke_url == output.api.invoke_urls.private_dns
    error_message = "Private DNS is on again."
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

# The group of one's own admits nobody.
run "back" {
  variables {
    step = "start"
  }
}

run "request" {
  module {
    source = "./request"
  }
  variables {
    url = "${run.back.api.invoke_url}/products"
  }
}
