# The same private API, written with the AWS provider: 26 managed objects, as its documentation recommends.

terraform {
  required_providers {
    aws = {
      source  = "registry.terraform.io/hashicorp/aws"
      version = "5.100.0"
    }
  }
}

provider "aws" {
  endpoints {
    apigateway = var.aws_url
    ec2        = var.aws_url
    elbv2      = var.aws_url
    sts        = var.aws_url
  }
  default_tags {
    tags = { team = "shop" }
  }
}

variable "aws_url" {
  description = "Where the simulator listens."
  type        = string
}

variable "vpc_id" {
  type = string
}

variable "subnet_ids" {
  type = list(string)
}

variable "updated" {
  description = "Adds a route and changes a tag."
  type        = bool
  default     = false
}

locals {
  integrations = concat(
    [aws_api_gateway_integration.products, aws_api_gateway_integration.users],
    aws_api_gateway_integration.proxy,
  )
  backends = {
    products = { port = 3001, targets = ["172.31.0.10"] }
    users    = { port = 3002, targets = ["172.31.16.10"] }
    # These register themselves.
    images = { port = 3003, targets = [] }
  }
}

data "aws_region" "current" {}

data "aws_vpc" "this" {
  id = var.vpc_id
}

# The way in.

resource "aws_security_group" "endpoint" {
  name        = "peer-endpoint"
  description = "Callers of the API"
  vpc_id      = data.aws_vpc.this.id
}

resource "aws_vpc_security_group_ingress_rule" "callers" {
  security_group_id = aws_security_group.endpoint.id
  description       = "HTTPS from the VPC"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = data.aws_vpc.this.cidr_block
}

resource "aws_vpc_endpoint" "this" {
  vpc_id              = data.aws_vpc.this.id
  service_name        = "com.amazonaws.${data.aws_region.current.name}.execute-api"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = var.subnet_ids
  security_group_ids  = [aws_security_group.endpoint.id]
  private_dns_enabled = true
}

# The way on.

resource "aws_security_group" "balancer" {
  name        = "peer-balancer"
  description = "The load balancer"
  vpc_id      = data.aws_vpc.this.id
}

resource "aws_vpc_security_group_egress_rule" "balancer" {
  security_group_id = aws_security_group.balancer.id
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_lb" "this" {
  name                                                         = "peer"
  internal                                                     = true
  load_balancer_type                                           = "network"
  subnets                                                      = var.subnet_ids
  security_groups                                              = [aws_security_group.balancer.id]
  enforce_security_group_inbound_rules_on_private_link_traffic = "off"
  enable_cross_zone_load_balancing                             = true
}

resource "aws_lb_target_group" "this" {
  for_each    = local.backends
  name        = "peer-${each.key}"
  port        = each.value.port
  protocol    = "TCP"
  target_type = "ip"
  vpc_id      = data.aws_vpc.this.id
}

resource "aws_lb_target_group_attachment" "this" {
  for_each         = merge([for name, backend in local.backends : { for target in backend.targets : target => name }]...)
  target_group_arn = aws_lb_target_group.this[each.value].arn
  target_id        = each.key
}

resource "aws_lb_listener" "this" {
  for_each          = local.backends
  load_balancer_arn = aws_lb.this.arn
  port              = each.value.port
  protocol          = "TCP"
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[each.key].arn
  }
}

resource "aws_api_gateway_vpc_link" "this" {
  name        = "peer"
  target_arns = [aws_lb.this.arn]
}

data "aws_network_interfaces" "balancer" {
  filter {
    name   = "description"
    values = ["ELB ${aws_lb.this.arn_suffix}"]
  }
}

data "aws_network_interface" "balancer" {
  # How many there are is known before their ids are.
  count = length(var.subnet_ids)
  id    = sort(data.aws_network_interfaces.balancer.ids)[count.index]
}

# The API.

resource "aws_api_gateway_rest_api" "this" {
  name = "peer"
  tags = { owner = var.updated ? "users" : "products" }
  endpoint_configuration {
    types            = ["PRIVATE"]
    vpc_endpoint_ids = [aws_vpc_endpoint.this.id]
  }
}

data "aws_iam_policy_document" "invoke" {
  statement {
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    actions   = ["execute-api:Invoke"]
    resources = ["${aws_api_gateway_rest_api.this.execution_arn}/*"]
  }
  statement {
    effect = "Deny"
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    actions   = ["execute-api:Invoke"]
    resources = ["${aws_api_gateway_rest_api.this.execution_arn}/*"]
    condition {
      test     = "StringNotEquals"
      variable = "aws:SourceVpce"
      values   = [aws_vpc_endpoint.this.id]
    }
  }
}

resource "aws_api_gateway_rest_api_policy" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  policy      = data.aws_iam_policy_document.invoke.json
}

resource "aws_api_gateway_resource" "products" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_rest_api.this.root_resource_id
  path_part   = "products"
}

resource "aws_api_gateway_method" "products" {
  rest_api_id   = aws_api_gateway_rest_api.this.id
  resource_id   = aws_api_gateway_resource.products.id
  http_method   = "GET"
  authorization = "NONE"
}

resource "aws_api_gateway_integration" "products" {
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_resource.products.id
  http_method             = aws_api_gateway_method.products.http_method
  type                    = "HTTP_PROXY"
  integration_http_method = "GET"
  uri                     = "http://${aws_lb.this.dns_name}:${aws_lb_listener.this["products"].port}/products"
  connection_type         = "VPC_LINK"
  connection_id           = aws_api_gateway_vpc_link.this.id
}

resource "aws_api_gateway_resource" "users" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_rest_api.this.root_resource_id
  path_part   = "users"
}

resource "aws_api_gateway_method" "users" {
  rest_api_id   = aws_api_gateway_rest_api.this.id
  resource_id   = aws_api_gateway_resource.users.id
  http_method   = "ANY"
  authorization = "NONE"
}

resource "aws_api_gateway_integration" "users" {
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_resource.users.id
  http_method             = aws_api_gateway_method.users.http_method
  type                    = "HTTP_PROXY"
  integration_http_method = "ANY"
  uri                     = "http://${aws_lb.this.dns_name}:${aws_lb_listener.this["users"].port}/users"
  connection_type         = "VPC_LINK"
  connection_id           = aws_api_gateway_vpc_link.this.id
}

resource "aws_api_gateway_resource" "proxy" {
  count       = var.updated ? 1 : 0
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.users.id
  path_part   = "{proxy+}"
}

resource "aws_api_gateway_method" "proxy" {
  count              = var.updated ? 1 : 0
  rest_api_id        = aws_api_gateway_rest_api.this.id
  resource_id        = aws_api_gateway_resource.proxy[0].id
  http_method        = "ANY"
  authorization      = "NONE"
  request_parameters = { "method.request.path.proxy" = true }
}

resource "aws_api_gateway_integration" "proxy" {
  count                   = var.updated ? 1 : 0
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_resource.proxy[0].id
  http_method             = aws_api_gateway_method.proxy[0].http_method
  type                    = "HTTP_PROXY"
  integration_http_method = "ANY"
  uri                     = "http://${aws_lb.this.dns_name}:${aws_lb_listener.this["users"].port}/users/{proxy}"
  connection_type         = "VPC_LINK"
  connection_id           = aws_api_gateway_vpc_link.this.id
  request_parameters      = { "integration.request.path.proxy" = "method.request.path.proxy" }
}

# What makes it live.

resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  # Whole resources would differ once more after the first refresh, as the documentation says.
  triggers = {
    redeployment = sha1(jsonencode([
      aws_api_gateway_rest_api_policy.this.policy,
      [for integration in local.integrations : [integration.id, integration.uri]],
    ]))
  }
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "this" {
  rest_api_id   = aws_api_gateway_rest_api.this.id
  deployment_id = aws_api_gateway_deployment.this.id
  stage_name    = "v1"
  variables     = { colour = "red" }
}

resource "aws_api_gateway_method_settings" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  method_path = "*/*"
  settings {
    throttling_burst_limit = 100
    throttling_rate_limit  = 50
  }
}

output "invoke_url" {
  value = aws_api_gateway_stage.this.invoke_url
}

output "nlb_private_ips" {
  value = sort([for interface in data.aws_network_interface.balancer : interface.private_ip])
}
