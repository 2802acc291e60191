output "invoke_url" {
  description = "What the front end calls."
  value       = privgw_internal_api.shop.invoke_url
}

output "nlb_cidr_blocks" {
  description = "The load balancer's addresses, for back ends that admit addresses rather than security groups."
  value       = privgw_internal_api.shop.nlb_cidr_blocks
}

output "target_group_arns" {
  description = "What the services register with."
  value       = { for name, group in privgw_internal_api.shop.target_groups : name => group.arn }
}

output "children" {
  description = "Everything that was made."
  value       = privgw_internal_api.shop.children
}
