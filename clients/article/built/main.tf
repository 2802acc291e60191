# The API gateway and load balancer roots of the article "Create an Internal Amazon API Gateway with Terraform" (2021), in one root and
# with its shape kept: two services in blue/green pairs, three routes, and a policy in the short form.

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

variable "security_group_id" {
  description = "That of the frontend."
  type        = string
}

locals {
  services = { prdct = 3001, users = 3002 }
  groups   = { for pair in setproduct(keys(local.services), ["blue", "green"]) : join("-tg-", pair) => local.services[pair[0]] }
  routes = {
    products = { method = "GET", port = 3001 }
    users    = { method = "GET", port = 3002 }
    images   = { method = "POST", port = 3001 }
  }
}

resource "aws_security_group" "endpoint" {
  name   = "dev-vpc-endpoint-sg"
  vpc_id = var.vpc_id
}

resource "aws_security_group_rule" "outbound" {
  type              = "egress"
  protocol          = "-1"
  from_port         = 0
  to_port           = 0
  cidr_blocks       = ["0.0.0.0/0"]
  security_group_id = aws_security_group.endpoint.id
}

resource "aws_security_group_rule" "inbound" {
  type                     = "ingress"
  protocol                 = "tcp"
  from_port                = 443
  to_port                  = 443
  source_security_group_id = var.security_group_id
  security_group_id        = aws_security_group.endpoint.id
}

resource "aws_vpc_endpoint" "this" {
  service_name        = "com.amazonaws.eu-central-1.execute-api"
  vpc_id              = var.vpc_id
  subnet_ids          = var.subnet_ids
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  security_group_ids  = [aws_security_group.endpoint.id]
}

resource "aws_lb" "internal" {
  name                             = "dev-internal-lb"
  subnets                          = var.subnet_ids
  internal                         = true
  load_balancer_type               = "network"
  enable_cross_zone_load_balancing = true
}

resource "aws_lb_target_group" "this" {
  for_each    = local.groups
  name        = "dev-${each.key}"
  port        = each.value
  protocol    = "TCP"
  vpc_id      = var.vpc_id
  target_type = "ip"
  health_check {
    port     = each.value
    protocol = "TCP"
  }
}

# In the place of the two ECS services, which register their tasks themselves.
resource "aws_lb_target_group_attachment" "tasks" {
  for_each         = { prdct = "172.31.0.10", users = "172.31.16.10" }
  target_group_arn = aws_lb_target_group.this["${each.key}-tg-blue"].arn
  target_id        = each.value
}

resource "aws_lb_listener" "this" {
  for_each          = local.services
  load_balancer_arn = aws_lb.internal.arn
  port              = each.value
  protocol          = "TCP"
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this["${each.key}-tg-blue"].arn
  }
  lifecycle {
    ignore_changes = [default_action]
  }
}

resource "aws_api_gateway_vpc_link" "this" {
  name        = "dev-vpc-link"
  target_arns = [aws_lb.internal.arn]
}

resource "aws_api_gateway_rest_api" "this" {
  name = "dev-rest-api"
  endpoint_configuration {
    types            = ["PRIVATE"]
    vpc_endpoint_ids = [aws_vpc_endpoint.this.id]
  }
}

resource "aws_api_gateway_rest_api_policy" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Principal = "*", Action = "execute-api:Invoke", Resource = ["execute-api:/*"] },
      {
        Effect    = "Deny"
        Principal = "*"
        Action    = "execute-api:Invoke"
        Resource  = ["execute-api:/*"]
        Condition = { StringNotEquals = { "aws:SourceVpce" = aws_vpc_endpoint.this.id } }
      },
    ]
  })
}

resource "aws_api_gateway_resource" "this" {
  for_each    = local.routes
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_rest_api.this.root_resource_id
  path_part   = each.key
}

resource "aws_api_gateway_method" "this" {
  for_each      = local.routes
  rest_api_id   = aws_api_gateway_rest_api.this.id
  resource_id   = aws_api_gateway_resource.this[each.key].id
  http_method   = each.value.method
  authorization = "NONE"
}

resource "aws_api_gateway_integration" "this" {
  for_each                = local.routes
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_resource.this[each.key].id
  http_method             = aws_api_gateway_method.this[each.key].http_method
  type                    = "HTTP_PROXY"
  integration_http_method = each.value.method
  connection_type         = "VPC_LINK"
  connection_id           = aws_api_gateway_vpc_link.this.id
  uri                     = "http://${aws_lb.internal.dns_name}:${each.value.port}/${each.key}"
}

# Its trigger is a hash over a body that is never there, so nothing is ever redeployed.
resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  triggers    = { redeployment = sha1(jsonencode(aws_api_gateway_rest_api.this.body)) }
  depends_on  = [aws_api_gateway_integration.this, aws_api_gateway_rest_api_policy.this]
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "this" {
  rest_api_id   = aws_api_gateway_rest_api.this.id
  deployment_id = aws_api_gateway_deployment.this.id
  stage_name    = "deploy"
}

resource "aws_api_gateway_method_settings" "this" {
  for_each    = local.routes
  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  method_path = "${each.key}/${each.value.method}"
  settings {
    metrics_enabled = true
  }
}

output "rest_api_id" {
  value = aws_api_gateway_rest_api.this.id
}

output "invoke_url" {
  value = aws_api_gateway_stage.this.invoke_url
}
