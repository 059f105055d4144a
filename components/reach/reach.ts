/** Who needs to reach something private: the hosts, the pipelines, people's laptops, or the apps in the network. */
export type Who = "hosts" | "ci" | "laptops" | "apps";

/**
 * How somebody reaches what is closed to the public.
 *
 * - `private-endpoint`: from within the network, at an address of the network.
 * - `tailnet-router`: over the tailnet, through the router in the network to the same private address.
 * - `addresses`: from listed public addresses, everything else being denied.
 *
 * @example { who: "apps", via: "private-endpoint" }
 * @example { who: "hosts", via: "addresses", addresses: ["203.0.113.7"] }
 */
export type Reach =
  | { readonly who: Who; readonly via: "private-endpoint" }
  | { readonly who: Who; readonly via: "tailnet-router" }
  | { readonly who: Who; readonly via: "addresses"; readonly addresses: readonly string[] };
