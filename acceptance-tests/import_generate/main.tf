terraform {
  required_providers {
    privgw = { source = "privgw/privgw" }
  }
}

provider "privgw" {}

variable "vpc_id" {
  type = string
}

variable "subnet_ids" {
  type = list(string)
}

variable "security_group_id" {
  type = string
}

resource "privgw_internal_api" "test" {
  name        = "lost"
  description = "Nobody has its configuration"
  vpc_id      = var.vpc_id
  subnet_ids  = var.subnet_ids
  endpoint = {
    subnet_ids                 = [var.subnet_ids[0]]
    allowed_security_group_ids = [var.security_group_id]
    allowed_cidr_blocks        = ["172.31.0.0/16"]
    policy = jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Effect = "Allow", Principal = "*", Action = "execute-api:Invoke", Resource = "*",
      }]
    })
  }
  backends = {
    products = {
      port         = 3001
      targets      = ["172.31.0.10"]
      health_check = { protocol = "HTTP", path = "/health" }
    }
    users = { port = 3002, listener_port = 8080, url_scheme = "https" }
  }
  routes = {
    "GET /products"       = { backend = "products", timeout_ms = 5000 }
    "ANY /users/{proxy+}" = { backend = "users", path = "/v2/{proxy}" }
  }
  stage = {
    name            = "v1"
    variables       = { colour = "blue" }
    method_settings = { "*/*" = { metrics_enabled = true, throttling_rate_limit = 12.5 } }
  }
  tags = { team = "shop" }
}

output "api" {
  value = privgw_internal_api.test
}
