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
    start  = { "GET /users/{id}" = { backend = "users" } }
    more   = { "GET /users/{id}" = { backend = "users" }, "ANY /files/{proxy+}" = { backend = "products" } }
    moved  = { "GET /users/{id}" = { backend = "products" } }
    path   = { "GET /users/{id}" = { backend = "users", path = "/v2/people/{id}" } }
    method = { "GET /users/{id}" = { backend = "users", method = "POST" } }
    type   = { "GET /users/{id}" = { backend = "users", type = "HTTP" } }
    limits = { "GET /users/{id}" = { backend = "users", timeout_ms = 5000 } }
    signed = { "GET /users/{id}" = { backend = "users", authorization = "AWS_IAM", api_key_required = true } }
    mapped = {
      "GET /users/{id}" = {
        backend = "users"
        request_parameters = {
          "integration.request.header.x-request" = "context.requestId"
          "integration.request.header.x-static"  = "'yes'"
          "integration.request.querystring.q"    = "method.request.querystring.q"
        }
      }
    }
  }
}

resource "privgw_internal_api" "test" {
  name       = "routes"
  vpc_id     = var.vpc_id
  subnet_ids = var.subnet_ids
  endpoint   = { allowed_security_group_ids = [var.security_group_id] }
  backends = {
    products = { port = 3001 }
    users    = { port = 3002, targets = ["172.31.0.10"] }
  }
  routes = local.steps[var.step]
  stage  = { name = "v1" }
}

output "api" {
  value = privgw_internal_api.test
}
