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

variable "foreign_subnet_id" {
  description = "A subnet of another VPC."
  type        = string
}

variable "same_zone_subnet_id" {
  description = "A subnet in the zone of the first of subnet_ids."
  type        = string
}
