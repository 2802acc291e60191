run "one" {
  variables {
    step = "one"
  }
  assert {
    condition     = length(output.api.nlb_private_ips) == 1 && length(output.api.vpc_endpoint_network_interface_ids) == 1
    error_message = "One subnet, one interface."
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

run "all" {
  variables {
    step = "all"
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
    condition     = length(output.api.nlb_private_ips) == 3 && length(output.api.vpc_endpoint_network_interface_ids) == 3
    error_message = "Subnets are added in place."
  }
  assert {
    condition     = contains(output.api.nlb_private_ips, run.one.api.nlb_private_ips[0])
    error_message = "An address that was there stays."
  }
}

run "all_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "all"
  }
  assert {
    condition     = output.api == run.all.api
    error_message = "What AWS has must be what was applied."
  }
}

run "all_again" {
  command = plan
  variables {
    step = "all"
  }
  assert {
    condition     = output.api == run.all.api
    error_message = "The second plan must be empty."
  }
}

run "fewer" {
  variables {
    step = "fewer"
  }
  assert {
    condition     = output.api.id == run.all.api.id && output.api.invoke_url == run.all.api.invoke_url && output.api.vpc_endpoint_id == run.all.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = length(output.api.nlb_private_ips) == 2 && length(output.api.vpc_endpoint_network_interface_ids) == 2
    error_message = "The subnet is left."
  }
  assert {
    condition     = output.api.nlb_arn != run.all.api.nlb_arn && output.api.vpc_link_id != run.all.api.vpc_link_id
    error_message = "AWS can't change this, so there is a new load balancer behind a new link."
  }
  assert {
    condition     = output.api.deployment_id != run.all.api.deployment_id
    error_message = "What is deployed changed, so it is deployed again."
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

run "request" {
  module {
    source = "./request"
  }
  variables {
    url = "${run.fewer.api.invoke_url}/products"
  }
}
