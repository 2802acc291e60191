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

variable "alb" {
  description = "The ARN of an application load balancer, once there is one."
  type        = string
  default     = ""
}

resource "privgw_internal_api" "test" {
  name       = "alb"
  vpc_id     = var.vpc_id
  subnet_ids = var.subnet_ids
  endpoint   = { allowed_security_group_ids = [var.security_group_id] }
  backends = {
    products = {
      port        = 3001
      target_type = var.alb == "" ? "ip" : "alb"
      targets     = var.alb == "" ? ["172.31.0.10"] : [var.alb]
    }
  }
  routes = { "GET /products" = { backend = "products" } }
  stage  = { name = "v1" }
}

output "vpc_id" {
  value = var.vpc_id
}

output "subnet_ids" {
  value = { for index, id in var.subnet_ids : "s${index}" => id }
}

output "api" {
  value = privgw_internal_api.test
}
