# Many bundles at once, with many routes each. A VPC has room for one with private DNS, so these have none.

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
  type = set(string)
}

variable "bundles" {
  type = number
}

variable "routes" {
  description = "How many each of them has."
  type        = number
}

resource "privgw_internal_api" "crowd" {
  count = var.bundles

  name       = "crowd-${count.index}"
  vpc_id     = var.vpc_id
  subnet_ids = var.subnet_ids
  endpoint   = { allowed_cidr_blocks = ["172.31.0.0/16"], private_dns_enabled = false }
  backends   = { app = { port = 3001, targets = ["172.31.0.10"] } }
  routes     = { for number in range(var.routes) : "ANY /service${number}/{proxy+}" => { backend = "app" } }
  stage      = { name = "v1" }
}
