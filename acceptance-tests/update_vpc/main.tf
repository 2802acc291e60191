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

variable "other_vpc_id" {
  type = string
}

variable "foreign_subnet_id" {
  type = string
}

variable "step" {
  description = "Which of the steps below to be at."
  type        = string
}

locals {
  steps = {
    here  = { vpc_id = var.vpc_id, subnet_ids = var.subnet_ids, targets = ["172.31.0.10"] }
    there = { vpc_id = var.other_vpc_id, subnet_ids = [var.foreign_subnet_id], targets = ["10.9.0.10"] }
  }
}

resource "privgw_internal_api" "test" {
  name       = "nomad"
  vpc_id     = local.steps[var.step].vpc_id
  subnet_ids = local.steps[var.step].subnet_ids
  endpoint   = { private_dns_enabled = false, allowed_cidr_blocks = ["10.0.0.0/8"] }
  backends   = { products = { port = 3001, targets = local.steps[var.step].targets } }
  routes     = { "GET /products" = { backend = "products" } }
  stage      = { name = "v1" }
}

output "api" {
  value = privgw_internal_api.test
}
