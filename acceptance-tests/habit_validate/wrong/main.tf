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

resource "privgw_internal_api" "test" {
  name       = "wrong"
  vpc_id     = var.vpc_id
  subnet_ids = var.subnet_ids
  backends   = { products = { port = 3001 } }
  routes     = { "GET /users" = { backend = "users" } }
  stage      = { name = "v-1" }
}
