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

variable "teams" {
  type    = set(string)
  default = ["blue", "green"]
}

variable "copies" {
  type    = number
  default = 2
}

resource "privgw_internal_api" "each" {
  for_each = var.teams

  name       = "each-${each.key}"
  vpc_id     = var.vpc_id
  subnet_ids = var.subnet_ids
  endpoint   = { private_dns_enabled = each.key == "green", allowed_security_group_ids = [var.security_group_id] }
  backends   = { products = { port = 3001, targets = ["172.31.0.10"] } }
  routes     = { "GET /products" = { backend = "products" } }
  stage      = { name = "v1" }
}

resource "privgw_internal_api" "counted" {
  count = var.copies

  name       = "counted-${count.index}"
  vpc_id     = var.vpc_id
  subnet_ids = var.subnet_ids
  endpoint   = { private_dns_enabled = false, allowed_security_group_ids = [var.security_group_id] }
  backends   = { products = { port = 3001, targets = ["172.31.0.10"] } }
  routes     = { "GET /products" = { backend = "products" } }
  stage      = { name = "v1" }
}

output "each" {
  value = privgw_internal_api.each
}

output "counted" {
  value = { for index, api in privgw_internal_api.counted : index => api }
}
