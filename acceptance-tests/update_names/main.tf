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
    start     = { name = "shop", description = null }
    described = { name = "shop", description = "The shop's API" }
    renamed   = { name = "market", description = "The shop's API" }
    bare      = { name = "market", description = null }
  }
}

resource "privgw_internal_api" "test" {
  name        = local.steps[var.step].name
  description = local.steps[var.step].description
  vpc_id      = var.vpc_id
  subnet_ids  = var.subnet_ids
  endpoint    = { allowed_security_group_ids = [var.security_group_id] }
  backends    = { products = { port = 3001, targets = ["172.31.0.10"] } }
  routes      = { "GET /products" = { backend = "products" } }
  stage       = { name = "v1" }
}

output "api" {
  value = privgw_internal_api.test
}
