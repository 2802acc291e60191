use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Ident, LitStr, Result, Type, ext::IdentExt, spanned::Spanned};

use crate::text;

/// A field of a model, understood.
pub struct Field {
    ident: Ident,
    ty: Type,
    name: String,
    usage: TokenStream,
    description: String,
    options: Options,
}

#[derive(Default)]
struct Options {
    required: bool,
    optional: bool,
    computed: bool,
    sensitive: bool,
    write_only: bool,
    deprecated: Option<String>,
    name: Option<String>,
}

impl Field {
    pub fn parse(field: &syn::Field) -> Result<Field> {
        let Some(ident) = field.ident.clone() else {
            return Err(Error::new(field.span(), "a model needs fields with names"));
        };
        if !is_attr(&field.ty) {
            return Err(Error::new(
                field.ty.span(),
                "fields of a model have the type Attr<T>, since every attribute can be null or unknown",
            ));
        }
        let options = Options::parse(field)?;
        let usage = options.usage(field)?;
        let name = options.name.clone();
        Ok(Field {
            name: name.unwrap_or_else(|| ident.unraw().to_string()),
            ident,
            ty: field.ty.clone(),
            usage,
            description: text::documentation(&field.attrs),
            options,
        })
    }

    pub fn schema(&self) -> TokenStream {
        let Field { ty, name, usage, description, .. } = self;
        let Options { sensitive, write_only, .. } = self.options;
        let deprecated = match &self.options.deprecated {
            Some(text) => quote!(::std::option::Option::Some(::std::string::String::from(#text))),
            None => quote!(::std::option::Option::None),
        };
        quote! {
            ::tfplugin::Attribute {
                name: ::std::string::String::from(#name),
                ty: <#ty>::attribute_type(),
                usage: #usage,
                description: ::std::string::String::from(#description),
                sensitive: #sensitive,
                deprecated: #deprecated,
                write_only: #write_only,
            }
        }
    }

    pub fn decode(&self) -> TokenStream {
        let Field { ident, ty, name, .. } = self;
        quote!(#ident: <#ty>::decode_attribute(object, #name, path)?)
    }

    pub fn encode(&self) -> TokenStream {
        let Field { ident, name, .. } = self;
        quote!((::std::string::String::from(#name), self.#ident.encode()))
    }
}

impl Options {
    fn parse(field: &syn::Field) -> Result<Options> {
        let mut options = Options::default();
        for attribute in &field.attrs {
            if !attribute.path().is_ident("attr") {
                continue;
            }
            attribute.parse_nested_meta(|meta| {
                let option = meta.path.get_ident().map(Ident::to_string);
                match option.as_deref() {
                    Some("required") => options.required = true,
                    Some("optional") => options.optional = true,
                    Some("computed") => options.computed = true,
                    Some("sensitive") => options.sensitive = true,
                    Some("write_only") => options.write_only = true,
                    Some("deprecated") => {
                        options.deprecated = Some(meta.value()?.parse::<LitStr>()?.value());
                    }
                    Some("name") => options.name = Some(meta.value()?.parse::<LitStr>()?.value()),
                    _ => {
                        return Err(meta.error(
                            "unknown option; there are required, optional, computed, sensitive, \
                             write_only, deprecated and name",
                        ));
                    }
                }
                Ok(())
            })?;
        }
        Ok(options)
    }

    fn usage(&self, field: &syn::Field) -> Result<TokenStream> {
        let span = match field.attrs.iter().find(|a| a.path().is_ident("attr")) {
            Some(attribute) => attribute.span(),
            None => field.ident.span(),
        };
        if self.write_only && self.computed {
            return Err(Error::new(span, "write_only excludes computed"));
        }
        match (self.required, self.optional, self.computed) {
            (true, false, false) => Ok(quote!(::tfplugin::Usage::Required)),
            (false, true, false) => Ok(quote!(::tfplugin::Usage::Optional)),
            (false, false, true) => Ok(quote!(::tfplugin::Usage::Computed)),
            (false, true, true) => Ok(quote!(::tfplugin::Usage::OptionalComputed)),
            (true, ..) => Err(Error::new(span, "required excludes optional and computed")),
            (false, false, false) => Err(Error::new(
                span,
                "say who sets this attribute: #[attr(required)], #[attr(optional)], #[attr(computed)] \
                 or #[attr(optional, computed)]",
            )),
        }
    }
}

fn is_attr(ty: &Type) -> bool {
    let Type::Path(path) = ty else {
        return false;
    };
    path.path.segments.last().is_some_and(|s| s.ident == "Attr")
}
