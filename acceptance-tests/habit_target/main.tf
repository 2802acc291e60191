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

variable "description" {
  type    = string
  default = "As it was"
}

resource "privgw_internal_api" "first" {
  name        = "target-first"
  description = var.description
  vpc_id      = var.vpc_id
  subnet_ids  = var.subnet_ids
  endpoint    = { allowed_security_group_ids = [var.security_group_id] }
  backends    = { products = { port = 3001, targets = ["172.31.0.10"] } }
  routes      = { "GET /products" = { backend = "products" } }
  stage       = { name = "v1" }
}

resource "privgw_internal_api" "second" {
  name        = "target-second"
  description = var.description
  vpc_id      = var.vpc_id
  subnet_ids  = var.subnet_ids
  endpoint    = { allowed_security_group_ids = [var.security_group_id], private_dns_enabled = false }
  backends    = { products = { port = 3001, targets = ["172.31.0.10"] } }
  routes      = { "GET /products" = { backend = "products" } }
  stage       = { name = "v1" }
}

output "first" {
  value = privgw_internal_api.first
}

output "second" {
  value = privgw_internal_api.second
}
