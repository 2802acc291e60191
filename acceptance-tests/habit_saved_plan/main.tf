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

variable "port" {
  type    = number
  default = 3001
}

resource "privgw_internal_api" "test" {
  name       = "saved"
  vpc_id     = var.vpc_id
  subnet_ids = slice(var.subnet_ids, 0, 2)
  endpoint   = { allowed_security_group_ids = [var.security_group_id] }
  backends   = { products = { port = var.port, targets = ["172.31.0.10"] } }
  routes     = { "GET /products" = { backend = "products" } }
  stage      = { name = "v1" }
}

output "api" {
  value = privgw_internal_api.test
}

output "subnets" {
  value = { for index, id in var.subnet_ids : index => id }
}
