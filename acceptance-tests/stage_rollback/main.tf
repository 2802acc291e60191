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

variable "routes" {
  type    = set(string)
  default = ["GET /products"]
}

variable "deployment_id" {
  type    = string
  default = ""
}

resource "privgw_internal_api" "test" {
  name       = "rollback"
  vpc_id     = var.vpc_id
  subnet_ids = var.subnet_ids
  endpoint   = { allowed_security_group_ids = [var.security_group_id] }
  backends   = { products = { port = 3001, targets = ["172.31.0.10"] } }
  routes     = { for key in var.routes : key => { backend = "products" } }
  stage      = { name = "v1", deployment_id = var.deployment_id == "" ? null : var.deployment_id }
}

output "api" {
  value = privgw_internal_api.test
}
