run "create" {
  assert {
    condition     = can(regex("^[a-z0-9]{6,10}$", output.api.id)) && output.api.rest_api_id == output.api.id
    error_message = "The id is that of the REST API."
  }
  assert {
    condition     = endswith(output.api.arn, "::/restapis/${output.api.id}")
    error_message = "The ARN is that of the REST API."
  }
  assert {
    condition     = length(output.api.root_resource_id) > 0 && length(output.api.deployment_id) > 0
    error_message = "The root resource and the deployment have ids."
  }
  assert {
    condition     = can(regex("^arn:aws:execute-api:eu-central-1:[0-9]{12}:${output.api.id}$", output.api.execution_arn))
    error_message = "The execution ARN names region, account and API."
  }
  assert {
    condition     = output.api.stage_arn == "${output.api.arn}/stages/v1"
    error_message = "The stage belongs to the API."
  }
  assert {
    condition     = output.api.invoke_url == "https://${output.api.id}.execute-api.eu-central-1.amazonaws.com/v1"
    error_message = "The URL is the private DNS name with the stage."
  }
  assert {
    condition     = output.api.invoke_urls.private_dns == output.api.invoke_url
    error_message = "The private DNS name comes first."
  }
  assert {
    condition = output.api.invoke_urls.endpoint == join("", [
      "https://${output.api.id}-${output.api.vpc_endpoint_id}.execute-api.eu-central-1.amazonaws.com/v1",
    ])
    error_message = "The API has a name at this endpoint."
  }
  assert {
    condition     = output.api.invoke_urls.vpc_endpoint_dns == "https://${output.api.vpc_endpoint_dns_names[0]}/v1"
    error_message = "The endpoint's own name is the regional one."
  }
  assert {
    condition     = "https://${output.api.invoke_urls.host}/v1" == output.api.invoke_url
    error_message = "The Host header is the API's name."
  }
  assert {
    condition     = startswith(output.api.vpc_endpoint_id, "vpce-") && startswith(output.api.security_group_id, "sg-")
    error_message = "The endpoint and its security group have ids."
  }
  assert {
    condition     = length(output.api.vpc_endpoint_network_interface_ids) == length(output.api.subnet_ids)
    error_message = "The endpoint has an interface in each subnet."
  }
  assert {
    condition     = strcontains(output.api.nlb_arn, ":loadbalancer/net/basic-") && length(output.api.nlb_zone_id) > 0
    error_message = "The load balancer is named after the bundle."
  }
  assert {
    condition     = endswith(output.api.nlb_dns_name, ".elb.eu-central-1.amazonaws.com")
    error_message = "The load balancer has a DNS name."
  }
  assert {
    condition     = startswith(output.api.nlb_security_group_id, "sg-")
    error_message = "The load balancer has a security group of its own."
  }
  assert {
    condition     = toset(keys(output.api.nlb_network_interfaces)) == output.api.subnet_ids
    error_message = "The load balancer's interfaces are listed by subnet."
  }
  assert {
    condition = (
      toset(output.api.nlb_network_interface_ids) == toset([for eni in output.api.nlb_network_interfaces : eni.id]) &&
      toset(output.api.nlb_private_ips) == toset([for eni in output.api.nlb_network_interfaces : eni.private_ip])
    )
    error_message = "The lists of interfaces and of addresses agree with the map."
  }
  assert {
    condition     = output.api.nlb_cidr_blocks == tolist([for ip in output.api.nlb_private_ips : "${ip}/32"])
    error_message = "Each address is a block."
  }
  assert {
    condition     = length(output.api.vpc_link_id) > 0
    error_message = "The VPC link has an id."
  }
  assert {
    condition = alltrue([
      for name in ["products", "users"] : strcontains(output.api.target_groups[name].arn, output.api.target_groups[name].name)
    ])
    error_message = "Each back end has a target group."
  }
  assert {
    condition     = toset(keys(output.api.listener_arns)) == toset(["products", "users"])
    error_message = "Each back end has a listener."
  }
  assert {
    condition = toset(keys(output.api.children)) == toset([
      "deployment", "listener/products", "listener/users", "load_balancer", "rest_api", "security_group/endpoint",
      "security_group/load_balancer", "stage", "target_group/products", "target_group/users", "vpc_endpoint", "vpc_link",
    ])
    error_message = "Every child is listed."
  }
  assert {
    condition     = output.api.children["vpc_link"] == output.api.vpc_link_id
    error_message = "Children are listed with their ids."
  }
  assert {
    condition     = length(output.api.tags_all) == 0
    error_message = "There are no tags but the bundle's own, which aren't shown."
  }
  assert {
    condition     = toset([for node in terraform_data.node : node.output]) == toset(output.api.nlb_private_ips)
    error_message = "for_each over the interfaces works."
  }
}

run "seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  assert {
    condition     = output.api == run.create.api
    error_message = "What AWS has must be what was applied."
  }
}

run "again" {
  command = plan
  assert {
    condition     = output.api == run.create.api
    error_message = "The second plan must be empty."
  }
}

run "request" {
  module {
    source = "./request"
  }
  variables {
    url = "${run.create.api.invoke_url}/products"
  }
}
