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
    start      = null
    compressed = { minimum_compression_size = 0 }
    larger     = { minimum_compression_size = 1024 }
    binary     = { binary_media_types = ["image/png", "application/octet-stream"] }
    keys       = { api_key_source = "AUTHORIZER" }
    shut       = { disable_execute_api_endpoint = true }
  }
}

resource "privgw_internal_api" "test" {
  name       = "api"
  vpc_id     = var.vpc_id
  subnet_ids = var.subnet_ids
  endpoint   = { allowed_security_group_ids = [var.security_group_id] }
  backends   = { products = { port = 3001, targets = ["172.31.0.10"] } }
  routes     = { "GET /products" = { backend = "products" } }
  stage      = { name = "v1" }
  api        = local.steps[var.step]
}

output "api" {
  value = privgw_internal_api.test
}
