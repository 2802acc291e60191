# The API is made in another root; this one registers targets with it and calls it.
data "privgw_internal_api" "shop" {
  name = "shop"
}

output "api_url" {
  value = data.privgw_internal_api.shop.invoke_url
}

output "products_target_group_arn" {
  value = data.privgw_internal_api.shop.target_groups["products"].arn
}
