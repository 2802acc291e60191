# What the provider has made, as the AWS provider would have written it: every child is imported, and nothing may differ.
# `expected.tf` beside the bundle says what there must be, in the AWS provider's words.

provider "aws" {
  endpoints {
    apigateway = var.aws_url
    ec2        = var.aws_url
    elbv2      = var.aws_url
    sts        = var.aws_url
  }
}

variable "aws_url" {
  type = string
}

locals {
  api  = local.children["rest_api"]
  tags = merge(local.own_tags, { "privgw:bundle" = local.bundle, "privgw:owner" = local.owner })
  # An integration that isn't a proxy says what it answers.
  answered = { for path, method in local.methods : path => method if try(method.type, "HTTP_PROXY") == "HTTP" }
}

data "aws_api_gateway_resource" "this" {
  for_each    = toset(concat(["/"], keys(local.resources)))
  rest_api_id = local.api
  path        = each.key
}

# The way in.

import {
  to = aws_security_group.endpoint
  id = local.children["security_group/endpoint"]
}

resource "aws_security_group" "endpoint" {
  name        = local.names["security_group/endpoint"]
  description = "privgw endpoint of ${local.bundle}"
  vpc_id      = var.vpc_id
  tags        = merge(local.tags, { "privgw:child" = "security_group/endpoint" })
  ingress {
    protocol        = "tcp"
    from_port       = 443
    to_port         = 443
    security_groups = local.callers.groups
    cidr_blocks     = local.callers.blocks
  }
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}

import {
  to = aws_vpc_endpoint.this
  id = local.children["vpc_endpoint"]
}

resource "aws_vpc_endpoint" "this" {
  vpc_id              = var.vpc_id
  service_name        = "com.amazonaws.eu-central-1.execute-api"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = local.endpoint_subnets
  policy              = local.endpoint_policy
  security_group_ids  = [aws_security_group.endpoint.id]
  private_dns_enabled = true
  tags                = merge(local.tags, { "privgw:child" = "vpc_endpoint" })
}

# The way on.

import {
  to = aws_security_group.load_balancer
  id = local.children["security_group/load_balancer"]
}

resource "aws_security_group" "load_balancer" {
  name        = local.names["security_group/load_balancer"]
  description = "privgw load_balancer of ${local.bundle}"
  vpc_id      = var.vpc_id
  tags        = merge(local.tags, { "privgw:child" = "security_group/load_balancer" })
  ingress     = []
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}

import {
  to = aws_lb.this
  id = local.children["load_balancer"]
}

resource "aws_lb" "this" {
  name                                                         = local.names["load_balancer"]
  internal                                                     = true
  load_balancer_type                                           = "network"
  subnets                                                      = var.subnet_ids
  security_groups                                              = [aws_security_group.load_balancer.id]
  enforce_security_group_inbound_rules_on_private_link_traffic = "off"
  enable_cross_zone_load_balancing                             = local.cross_zone
  tags                                                         = merge(local.tags, { "privgw:child" = "load_balancer" })
}

import {
  for_each = local.target_groups
  to       = aws_lb_target_group.this[each.key]
  id       = local.children["target_group/${each.key}"]
}

resource "aws_lb_target_group" "this" {
  for_each               = local.target_groups
  name                   = each.value.name
  port                   = each.value.port
  protocol               = "TCP"
  target_type            = "ip"
  vpc_id                 = var.vpc_id
  deregistration_delay   = try(each.value.deregistration_delay, 300)
  connection_termination = try(each.value.connection_termination, false)
  preserve_client_ip     = try(each.value.preserve_client_ip, false)
  tags                   = merge(local.tags, { "privgw:child" = "target_group/${each.key}" })
  dynamic "health_check" {
    for_each = try([each.value.health_check], [])
    content {
      protocol            = health_check.value.protocol
      path                = health_check.value.path
      matcher             = health_check.value.matcher
      interval            = health_check.value.interval
      timeout             = health_check.value.timeout
      healthy_threshold   = health_check.value.healthy_threshold
      unhealthy_threshold = health_check.value.unhealthy_threshold
    }
  }
}

import {
  for_each = local.target_groups
  to       = aws_lb_listener.this[each.key]
  id       = local.children["listener/${each.key}"]
}

resource "aws_lb_listener" "this" {
  for_each          = local.target_groups
  load_balancer_arn = aws_lb.this.arn
  port              = try(each.value.listener_port, each.value.port)
  protocol          = "TCP"
  tags              = merge(local.tags, { "privgw:child" = "listener/${each.key}" })
  default_action {
    # AWS tells both forms, and on an import the provider wants both: hashicorp/terraform-provider-aws#37211.
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[each.key].arn
    forward {
      target_group {
        arn = aws_lb_target_group.this[each.key].arn
      }
    }
  }
}

import {
  to = aws_api_gateway_vpc_link.this
  id = local.children["vpc_link"]
}

resource "aws_api_gateway_vpc_link" "this" {
  name        = local.names["vpc_link"]
  target_arns = [aws_lb.this.arn]
  tags        = merge(local.tags, { "privgw:child" = "vpc_link" })
}

# The API, its policy and its routes.

import {
  to = aws_api_gateway_rest_api.this
  id = local.api
}

resource "aws_api_gateway_rest_api" "this" {
  name                     = local.bundle
  description              = local.description
  binary_media_types       = local.binary_media_types
  minimum_compression_size = local.minimum_compression_size
  tags                     = merge(local.tags, { "privgw:child" = "rest_api", "privgw:complete" = local.owner })
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
    resources = ["${local.execution_arn}/*"]
  }
  statement {
    effect = "Deny"
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    actions   = ["execute-api:Invoke"]
    resources = ["${local.execution_arn}/*"]
    condition {
      test     = "StringNotEquals"
      variable = "aws:SourceVpce"
      values   = [local.children["vpc_endpoint"]]
    }
  }
}

import {
  to = aws_api_gateway_rest_api_policy.this
  id = local.api
}

resource "aws_api_gateway_rest_api_policy" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  policy      = data.aws_iam_policy_document.invoke.json
}

import {
  for_each = local.resources
  to       = aws_api_gateway_resource.this[each.key]
  id       = "${local.api}/${data.aws_api_gateway_resource.this[each.key].id}"
}

resource "aws_api_gateway_resource" "this" {
  for_each    = local.resources
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = data.aws_api_gateway_resource.this[each.value].id
  path_part   = basename(each.key)
}

import {
  for_each = local.methods
  to       = aws_api_gateway_method.this[each.key]
  id       = "${local.api}/${data.aws_api_gateway_resource.this[each.key].id}/${each.value.verb}"
}

resource "aws_api_gateway_method" "this" {
  for_each           = local.methods
  rest_api_id        = aws_api_gateway_rest_api.this.id
  resource_id        = data.aws_api_gateway_resource.this[each.key].id
  http_method        = each.value.verb
  authorization      = try(each.value.authorization, "NONE")
  api_key_required   = try(each.value.api_key_required, false)
  request_parameters = try(each.value.declared, {})
}

import {
  for_each = local.methods
  to       = aws_api_gateway_integration.this[each.key]
  id       = "${local.api}/${data.aws_api_gateway_resource.this[each.key].id}/${each.value.verb}"
}

resource "aws_api_gateway_integration" "this" {
  for_each                = local.methods
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = data.aws_api_gateway_resource.this[each.key].id
  http_method             = aws_api_gateway_method.this[each.key].http_method
  type                    = try(each.value.type, "HTTP_PROXY")
  integration_http_method = try(each.value.back_verb, each.value.verb)
  uri                     = "${try(each.value.scheme, "http")}://${aws_lb.this.dns_name}:${each.value.uri}"
  connection_type         = "VPC_LINK"
  connection_id           = aws_api_gateway_vpc_link.this.id
  timeout_milliseconds    = try(each.value.timeout, 29000)
  request_parameters      = try(each.value.mapped, {})
  dynamic "tls_config" {
    for_each = try(each.value.scheme, "http") == "https" ? [true] : []
    content {
      insecure_skip_verification = true
    }
  }
}

import {
  for_each = local.answered
  to       = aws_api_gateway_method_response.this[each.key]
  id       = "${local.api}/${data.aws_api_gateway_resource.this[each.key].id}/${each.value.verb}/200"
}

resource "aws_api_gateway_method_response" "this" {
  for_each    = local.answered
  rest_api_id = aws_api_gateway_rest_api.this.id
  resource_id = data.aws_api_gateway_resource.this[each.key].id
  http_method = aws_api_gateway_method.this[each.key].http_method
  status_code = "200"
}

import {
  for_each = local.answered
  to       = aws_api_gateway_integration_response.this[each.key]
  id       = "${local.api}/${data.aws_api_gateway_resource.this[each.key].id}/${each.value.verb}/200"
}

resource "aws_api_gateway_integration_response" "this" {
  for_each    = local.answered
  rest_api_id = aws_api_gateway_rest_api.this.id
  resource_id = data.aws_api_gateway_resource.this[each.key].id
  http_method = aws_api_gateway_integration.this[each.key].http_method
  status_code = aws_api_gateway_method_response.this[each.key].status_code
}

# What makes it live.

import {
  to = aws_api_gateway_deployment.this
  id = "${local.api}/${local.children["deployment"]}"
}

resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  lifecycle {
    # It holds a fingerprint over ids.
    ignore_changes = [description]
  }
}

import {
  to = aws_api_gateway_stage.this
  id = local.children["stage"]
}

resource "aws_api_gateway_stage" "this" {
  rest_api_id          = aws_api_gateway_rest_api.this.id
  deployment_id        = aws_api_gateway_deployment.this.id
  stage_name           = "v1"
  description          = local.stage.description
  variables            = local.stage.variables
  xray_tracing_enabled = local.stage.tracing
  tags                 = merge(local.tags, { "privgw:child" = "stage" })
}

import {
  for_each = local.settings
  to       = aws_api_gateway_method_settings.this[each.key]
  id       = "${local.api}/v1/${each.key}"
}

resource "aws_api_gateway_method_settings" "this" {
  for_each    = local.settings
  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  method_path = each.key
  settings {
    throttling_rate_limit  = try(each.value.rate, null)
    throttling_burst_limit = try(each.value.burst, null)
    metrics_enabled        = try(each.value.metrics, null)
  }
}
