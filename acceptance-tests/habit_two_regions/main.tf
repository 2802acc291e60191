terraform {
  required_providers {
    privgw = { source = "privgw/privgw" }
  }
}

provider "privgw" {}

provider "privgw" {
  alias  = "far"
  region = var.far_region
}

variable "vpc_id" {
  type = string
}

variable "subnet_ids" {
  type = list(string)
}

variable "security_group_id" {
  type = string
}

variable "far_region" {
  type = string
}

variable "far_vpc_id" {
  type = string
}

variable "far_subnet_ids" {
  type = list(string)
}

variable "far_security_group_id" {
  type = string
}

module "pair" {
  source = "./pair"
  providers = {
    privgw.here  = privgw
    privgw.there = privgw.far
  }

  here = {
    vpc_id            = var.vpc_id
    subnet_ids        = var.subnet_ids
    security_group_id = var.security_group_id
  }
  there = {
    vpc_id            = var.far_vpc_id
    subnet_ids        = var.far_subnet_ids
    security_group_id = var.far_security_group_id
  }
}

output "here" {
  value = module.pair.here
}

output "there" {
  value = module.pair.there
}

output "far_region" {
  value = var.far_region
}

output "far_security_group_id" {
  value = var.far_security_group_id
}
