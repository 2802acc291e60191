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

variable "document" {
  type    = string
  default = ""
}

locals {
  document = var.document != "" ? var.document : <<-YAML
    openapi: 3.0.1
    info: { title: shop, version: "1" }
    paths:
      /products: { get: {} }
      /users/{proxy+}: { x-amazon-apigateway-any-method: {} }
  YAML
}

resource "privgw_internal_api" "test" {
  name       = "functions"
  vpc_id     = var.vpc_id
  subnet_ids = var.subnet_ids
  endpoint   = { allowed_security_group_ids = [var.security_group_id] }
  backends   = { shop = { port = 3001, targets = ["172.31.0.10"] } }
  routes     = { for key in provider::privgw::openapi_routes(local.document) : key => { backend = "shop" } }
  stage      = { name = "v1" }
}

output "url" {
  value = provider::privgw::invoke_url(privgw_internal_api.test.id, "v1", "eu-central-1")
}

output "agree" {
  value = provider::privgw::invoke_url(privgw_internal_api.test.id, "v1", "eu-central-1") == privgw_internal_api.test.invoke_url ? "yes" : "no"
}

output "policy" {
  value = provider::privgw::endpoint_policy([privgw_internal_api.test.vpc_endpoint_id])
}
