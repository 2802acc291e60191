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
    start     = { name = "v1" }
    described = { name = "v1", description = "First" }
    variables = { name = "v1", variables = { colour = "blue", empty = "" } }
    traced    = { name = "v1", tracing_enabled = true }
    throttled = {
      name = "v1"
      method_settings = {
        "*/*"           = { throttling_rate_limit = 100.5, throttling_burst_limit = 50, metrics_enabled = true }
        "GET /products" = { logging_level = "INFO", data_trace_enabled = true }
      }
    }
    cached = {
      name = "v1"
      method_settings = {
        "*/*" = { caching_enabled = true, cache_ttl_in_seconds = 60, cache_data_encrypted = true }
      }
    }
    history = { name = "v1", keep_deployments = 3 }
    renamed = { name = "v2" }
  }
}

resource "privgw_internal_api" "test" {
  name       = "stage"
  vpc_id     = var.vpc_id
  subnet_ids = var.subnet_ids
  endpoint   = { allowed_security_group_ids = [var.security_group_id] }
  backends   = { products = { port = 3001, targets = ["172.31.0.10"] } }
  routes     = { "GET /products" = { backend = "products" } }
  stage      = local.steps[var.step]
}

output "api" {
  value = privgw_internal_api.test
}
