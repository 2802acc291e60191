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

variable "other_security_group_id" {
  type = string
}

variable "step" {
  description = "Which of the steps below to be at."
  type        = string
}

locals {
  steps = {
    start     = null
    one       = { subnet_ids = [var.subnet_ids[0]] }
    two       = { subnet_ids = [var.subnet_ids[0], var.subnet_ids[1]] }
    zonal     = { subnet_ids = [var.subnet_ids[0], var.subnet_ids[1]], cross_zone_enabled = false }
    protected = { subnet_ids = [var.subnet_ids[0], var.subnet_ids[1]], deletion_protection = true }
    own       = { subnet_ids = [var.subnet_ids[0], var.subnet_ids[1]], security_group_ids = [var.other_security_group_id] }
    bare      = { subnet_ids = [var.subnet_ids[0], var.subnet_ids[1]], managed_security_group = false }
  }
}

resource "privgw_internal_api" "test" {
  name          = "balancer"
  vpc_id        = var.vpc_id
  subnet_ids    = var.subnet_ids
  endpoint      = { allowed_security_group_ids = [var.security_group_id] }
  load_balancer = local.steps[var.step]
  backends      = { products = { port = 3001, targets = ["172.31.0.10"] } }
  routes        = { "GET /products" = { backend = "products" } }
  stage         = { name = "v1" }
}

output "api" {
  value = privgw_internal_api.test
}
