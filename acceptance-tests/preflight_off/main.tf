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

variable "same_zone_subnet_id" {
  type = string
}

variable "preflight" {
  type    = any
  default = null
}

resource "privgw_internal_api" "test" {
  name       = "preflight"
  vpc_id     = var.vpc_id
  subnet_ids = var.subnet_ids
  endpoint   = { allowed_security_group_ids = [var.security_group_id] }
  load_balancer = {
    subnet_ids = var.preflight == null ? null : [var.subnet_ids[0], var.same_zone_subnet_id]
  }
  backends  = { products = { port = 3001, targets = ["172.31.0.10"] } }
  routes    = { "GET /products" = { backend = "products" } }
  stage     = { name = "v1" }
  preflight = var.preflight
}

output "api" {
  value = privgw_internal_api.test
}
