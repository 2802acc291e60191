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

variable "description" {
  type    = string
  default = "As it was"
}

variable "moved" {
  type    = bool
  default = false
}

resource "privgw_internal_api" "test" {
  name        = "precious"
  description = var.description
  vpc_id      = var.moved ? var.other_vpc_id : var.vpc_id
  subnet_ids  = var.moved ? [var.foreign_subnet_id] : var.subnet_ids
  endpoint    = { allowed_cidr_blocks = ["0.0.0.0/0"] }
  backends    = { products = { port = 3001, targets = ["172.31.0.10"] } }
  routes      = { "GET /products" = { backend = "products" } }
  stage       = { name = "v1" }

  lifecycle {
    prevent_destroy = true
  }
}

output "api" {
  value = privgw_internal_api.test
}
