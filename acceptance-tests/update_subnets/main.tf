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
    one   = [var.subnet_ids[0]]
    all   = var.subnet_ids
    fewer = [var.subnet_ids[0], var.subnet_ids[1]]
  }
}

resource "privgw_internal_api" "test" {
  name       = "subnets"
  vpc_id     = var.vpc_id
  subnet_ids = local.steps[var.step]
  endpoint   = { allowed_security_group_ids = [var.security_group_id] }
  backends   = { products = { port = 3001, targets = ["172.31.0.10"] } }
  routes     = { "GET /products" = { backend = "products" } }
  stage      = { name = "v1" }
}

output "api" {
  value = privgw_internal_api.test
}
