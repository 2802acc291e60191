# A bundle with most settings away from their defaults.

terraform {
  required_providers {
    privgw = { source = "privgw/privgw" }
  }
}

provider "privgw" {
  default_tags = { tags = { cost = "1" } }
}

variable "vpc_id" {
  type = string
}

variable "subnet_ids" {
  type = list(string)
}

variable "frontend_security_group_id" {
  type = string
}

resource "privgw_internal_api" "full" {
  name        = "full"
  description = "Most settings"
  vpc_id      = var.vpc_id
  subnet_ids  = var.subnet_ids
  tags        = { team = "shop" }

  api = {
    binary_media_types       = ["image/png"]
    minimum_compression_size = 1024
  }

  endpoint = {
    subnet_ids                 = slice(var.subnet_ids, 0, 2)
    allowed_security_group_ids = [var.frontend_security_group_id]
    allowed_cidr_blocks        = ["10.0.0.0/8", "172.31.0.0/16"]
    policy = jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Effect = "Allow", Principal = "*", Action = "execute-api:Invoke", Resource = "arn:aws:execute-api:*:*:*"
      }]
    })
  }

  load_balancer = { cross_zone_enabled = false }

  backends = {
    plain = { port = 3001, targets = ["172.31.0.10", "172.31.16.10:3100"] }
    secure = {
      port                   = 8443
      listener_port          = 443
      url_scheme             = "https"
      tls_skip_verification  = true
      deregistration_delay   = 30
      connection_termination = true
      preserve_client_ip     = true
      health_check = {
        protocol            = "HTTPS"
        path                = "/health"
        matcher             = "200"
        interval            = 20
        timeout             = 5
        healthy_threshold   = 3
        unhealthy_threshold = 3
      }
    }
  }

  routes = {
    "GET /"         = { backend = "plain", type = "HTTP" }
    "GET /items"    = { backend = "plain", timeout_ms = 5000 }
    "ANY /{proxy+}" = { backend = "secure", api_key_required = true }
    "POST /items/{id}" = {
      backend            = "plain"
      authorization      = "AWS_IAM"
      method             = "PUT"
      path               = "/v2/{id}"
      request_parameters = { "integration.request.header.X-Request" = "context.requestId" }
    }
  }

  stage = {
    name            = "v1"
    description     = "The first"
    tracing_enabled = true
    variables       = { colour = "red" }
    method_settings = {
      "*/*"        = { throttling_rate_limit = 100, throttling_burst_limit = 50 }
      "GET /items" = { metrics_enabled = true }
    }
  }
}

output "invoke_url" {
  value = privgw_internal_api.full.invoke_url
}

output "children" {
  value = privgw_internal_api.full.children
}
