# A small bundle, and two changes of it.

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

variable "step" {
  description = "first, route or replace."
  type        = string
}

resource "privgw_internal_api" "test" {
  name       = "killed"
  vpc_id     = var.vpc_id
  subnet_ids = var.subnet_ids

  endpoint      = { allowed_cidr_blocks = ["172.31.0.0/16"] }
  load_balancer = { subnet_ids = slice(var.subnet_ids, 0, var.step == "replace" ? 2 : 3) }
  backends = {
    orders = { port = 3001, targets = ["172.31.0.10"] }
    users  = { port = 3002 }
  }
  routes = merge(
    { "GET /orders" = { backend = "orders" } },
    var.step == "route" ? { "ANY /users/{proxy+}" = { backend = "users" } } : {}
  )
  stage = { name = "v1" }
}
