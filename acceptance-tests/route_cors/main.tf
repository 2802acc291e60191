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

variable "cors" {
  type    = any
  default = {}
}

resource "privgw_internal_api" "test" {
  name       = "cors"
  vpc_id     = var.vpc_id
  subnet_ids = var.subnet_ids
  endpoint   = { allowed_security_group_ids = [var.security_group_id] }
  backends   = { products = { port = 3001, targets = ["172.31.0.10"] } }
  routes = {
    "GET /products"  = { backend = "products", cors = var.cors }
    "POST /products" = { backend = "products", cors = var.cors }
    "GET /images"    = { backend = "products" }
  }
  stage = { name = "v1" }
}

output "api" {
  value = privgw_internal_api.test
}
