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

variable "step" {
  description = "Which of the steps below to be at."
  type        = string
}

locals {
  steps = {
    start   = { port = 3002 }
    targets = { port = 3002, targets = ["172.31.0.10", "172.31.16.10:4000"] }
    checked = {
      port = 3002
      health_check = {
        protocol            = "HTTP"
        port                = "8080"
        path                = "/health"
        matcher             = "200-204"
        interval            = 20
        timeout             = 7
        healthy_threshold   = 3
        unhealthy_threshold = 4
      }
    }
    attributes = { port = 3002, deregistration_delay = 15, preserve_client_ip = true, connection_termination = true }
    listener   = { port = 3002, listener_port = 8080 }
    port       = { port = 3102, listener_port = 8080 }
    tls        = { port = 3102, listener_port = 8080, url_scheme = "https", tls_skip_verification = true }
    instances  = { port = 3102, listener_port = 8080, target_type = "instance" }
  }

  # At any step that isn't above, there are no users.
  users = { for step, backend in local.steps : "users" => backend if step == var.step }
}

resource "privgw_internal_api" "test" {
  name       = "backends"
  vpc_id     = var.vpc_id
  subnet_ids = var.subnet_ids
  endpoint   = { allowed_security_group_ids = [var.security_group_id] }
  backends   = merge({ products = { port = 3001, targets = ["172.31.0.10"] } }, local.users)
  routes = merge(
    { "GET /products" = { backend = "products" } },
    { for name, backend in local.users : "GET /users" => { backend = name } },
  )
  stage = { name = "v1" }
}

output "api" {
  value = privgw_internal_api.test
}
