variable "vpc_id" {
  description = "The VPC of the shop."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets of that VPC, one in each availability zone."
  type        = set(string)
}

variable "frontend_security_group_id" {
  description = "The security group whose members may call the API."
  type        = string
}

variable "targets" {
  description = "Addresses by service. A service that isn't here gets its targets from elsewhere, from ECS for instance."
  type        = map(set(string))
  default     = {}
}
