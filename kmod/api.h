/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the module's files offer each other. Part of carp.h.
 */
#ifndef _CARP_API_H
#define _CARP_API_H

struct genl_family;
struct netlink_callback;
struct genl_info;
struct inet6_ifaddr;
struct iphdr;
struct ipv6hdr;
struct netdev_notifier_changeupper_info;

extern unsigned int carp_net_id;
extern struct workqueue_struct *carp_wq;
extern struct rtnl_link_ops carp_link_ops;
extern struct genl_family carp_genl_family;

/* main.c */
struct carp_net *carp_net(const struct net *net);

/* link.c */
bool carp_is_carp(const struct net_device *dev);
int carp_link_move(struct carp *carp, struct net_device *parent, u8 vhid,
		   struct netlink_ext_ack *extack);
void carp_link_follow(struct carp *carp, const struct net_device *parent);
int carp_link_upper(struct net_device *dev,
		    struct netdev_notifier_changeupper_info *info);

/* netlink_check.c */
int carp_netlink_validate(struct nlattr *tb[], struct nlattr *data[],
			  struct netlink_ext_ack *extack);
void carp_netlink_wipe(struct nlattr *tb[]);

/* netlink.c */
int carp_netlink_new(struct carp *carp, struct nlattr *tb[],
		     struct nlattr *data[], struct netlink_ext_ack *extack);
int carp_netlink_change(struct net_device *dev, struct nlattr *tb[],
			struct nlattr *data[], struct netlink_ext_ack *extack);
size_t carp_netlink_size(const struct net_device *dev);
int carp_netlink_fill(struct sk_buff *skb, const struct net_device *dev);

/* genl.c */
struct carp *carp_genl_device(struct genl_info *info);
int carp_genl_register(void);
void carp_genl_unregister(void);

/* verify.c */
int carp_verify_doit(struct sk_buff *skb, struct genl_info *info);

/* journal.c */
extern u8 carp_boot_id[CARP_BOOT_ID_LEN];
void carp_journal_init(struct net *net);
void carp_journal_exit(struct net *net);
void carp_journal_make_room(struct net *net);
void carp_journal_open(bool open);
u64 carp_journal_sequence(struct net *net);
void carp_journal_transition(struct carp *carp, struct carp_transition *change);
void carp_journal_cause(struct net *net, const struct carp_cause_news *news);
void carp_journal_refused(struct carp *carp, int counter,
			  const struct carp_origin *origin);
void carp_journal_refused_port(struct carp_port *port, int counter,
			       const struct carp_origin *origin);
void carp_journal_send(struct net *net);
int carp_journal_fill_origin(struct sk_buff *skb,
			     const struct carp_origin *origin);
int carp_journal_fill_transition(struct sk_buff *skb,
				 const struct carp_transition *change, u64 now);

/* query.c */
int carp_query_device(struct sk_buff *skb, struct genl_info *info);
int carp_query_devices(struct sk_buff *skb, struct netlink_callback *cb);
int carp_query_counters(struct sk_buff *skb, struct genl_info *info);
int carp_query_all_counters(struct sk_buff *skb, struct netlink_callback *cb);
int carp_query_reset(struct sk_buff *skb, struct genl_info *info);

/* census.c */
void carp_census_change(struct carp *carp,
			const struct carp_transition *change);
void carp_census_heard(struct carp *carp, const struct carp_peer *peer);
void carp_census_reset(struct carp *carp);
size_t carp_census_room(void);
int carp_census_put(struct sk_buff *skb, struct carp *carp);

/* stats.c */
void carp_stats_join(struct net *net, struct carp_tally *tally,
		     atomic64_t *stats);
void carp_stats_leave(struct net *net, struct carp_tally *tally);
void carp_stats_exit(struct net *net);
void carp_stats_reset(struct carp *carp);
void carp_stats_reset_net(struct net *net);
size_t carp_stats_room(void);
int carp_stats_put(struct sk_buff *skb, struct carp *carp);
int carp_stats_put_net(struct sk_buff *skb, struct net *net);
size_t carp_stats_size(const struct net_device *dev);
int carp_stats_fill(struct sk_buff *skb, const struct net_device *dev);
void carp_stats_refuse(struct carp *carp, int counter, int family,
		       const void *addr);
void carp_stats_refuse_port(struct carp_port *port, int counter, int family,
			    const void *addr);

/* sysctl.c */
int carp_sysctl_init(struct net *net);
void carp_sysctl_exit(struct net *net);

/* event.c */
int carp_event_register(void);
void carp_event_unregister(void);

/* path.c */
bool carp_path_ready(struct net_device *dev, const struct net_device *without);
void carp_path_above(struct net_device *dev,
		     void (*fn)(struct carp *carp, struct net_device *below));

/* port.c */
int carp_port_check(const struct net *net, struct net_device *parent,
		    struct netlink_ext_ack *extack);
int carp_port_vacant(const struct carp *carp, struct net_device *parent,
		     u8 vhid, struct netlink_ext_ack *extack);
struct carp_port *carp_port_find(struct net *net, const struct net_device *dev);
int carp_port_add(struct carp *carp, struct net_device *parent, u8 vhid,
		  struct netlink_ext_ack *extack);
void carp_port_del(struct carp *carp);
void carp_port_put(struct carp_port *port);
void carp_port_filters(struct carp *carp, bool on);
bool carp_port_may_go_under(const struct net_device *master);
bool carp_port_ready(struct carp_port *port);

/* rx.c */
unsigned int carp_rx(void *priv, struct sk_buff *skb,
		     const struct nf_hook_state *state);

/* state.c */
void carp_state_init(struct carp *carp);
void carp_state_exit(struct carp *carp);
void carp_state_elected(struct carp *carp, const struct carp_decision *decision,
			const struct carp_origin *origin);
void carp_state_check(struct carp *carp);
void carp_state_check_net(struct net *net);
void carp_state_parent_leaving(struct carp *carp);
void carp_state_force(struct carp *carp, enum carp_state state);
void carp_state_reannounce(struct carp *carp);
void carp_state_readvertise(struct carp *carp);
void carp_state_retime(struct carp *carp);
void carp_state_rewait(struct carp *carp);
void carp_state_demoted(struct carp *carp, bool resign);
void carp_state_self(const struct carp *carp, u64 now, struct carp_self *self);
bool carp_state_preempts(const struct carp *carp);
bool carp_state_is_waiting(struct carp *carp, u64 now);
void carp_run(struct carp *carp);

/* notify.c */
void carp_notify_init(struct carp *carp);
void carp_notify(struct carp *carp);

/* advert.c */
__be32 carp_advert_source4(const struct carp_port *port, __be32 near);
struct in6_addr carp_advert_source6(const struct carp_port *port);
__be32 carp_advert_near(const struct carp *carp);
void carp_advert_send(struct carp *carp);
void carp_advert_bow_out(struct carp *carp);
int carp_send_frame(struct carp *carp, const u8 *frame, unsigned int len,
		    __be16 proto);
void carp_send_reply(struct carp *carp, const u8 *frame, unsigned int len,
		     __be16 proto);

/* advert_rx.c */
void carp_advert_rx4(struct carp_port *port, const struct sk_buff *skb,
		     const struct iphdr *ip);
void carp_advert_rx6(struct carp_port *port, const struct sk_buff *skb,
		     const struct ipv6hdr *ip6);
void carp_advert_unicast4(struct net *net, int iif, const struct sk_buff *skb,
			  const struct iphdr *ip);
void carp_advert_unicast6(struct net *net, int iif, const struct sk_buff *skb,
			  const struct ipv6hdr *ip6);

/* peer.c */
int carp_peer_reserve(struct carp *carp, struct nlattr *data[],
		      struct netlink_ext_ack *extack);
void carp_peer_release(struct carp *carp);
bool carp_peer_commit(struct carp *carp);
void carp_peer_free(struct carp *carp);
size_t carp_peer_size(void);
int carp_peer_fill(struct sk_buff *skb, struct carp *carp);
bool carp_peer_any(const struct carp *carp, int family);
bool carp_peer_listed(const struct carp *carp, int family, const void *addr);

/* unicast.c */
int carp_unicast_send(struct carp *carp, const struct carp_port *port,
		      int family, const u8 hdr[CARP_HDR_LEN]);
void carp_unicast_teach(struct carp *carp, const struct carp_auth *auth);
int carp_unicast_register(void);
void carp_unicast_unregister(void);

/* announce.c */
void carp_announce(struct carp *carp);
void carp_announce_init(struct carp *carp);
void carp_announce_exit(struct carp *carp);
void carp_announce_now(struct carp *carp);
void carp_announce_begin(struct carp *carp);
void carp_announce_end(struct carp *carp);
void carp_announce_advert(struct carp *carp);
void carp_announce_answer(struct carp *carp);
void carp_announce_retime(struct carp *carp);

/* neigh.c */
bool carp_neigh_shared4(struct carp_port *port, __be32 addr);
bool carp_neigh_arp(struct carp_port *port, struct sk_buff *skb);
bool carp_neigh_ns(struct carp_port *port, struct sk_buff *skb,
		   const struct ipv6hdr *ip6);
void carp_neigh_na(struct carp_port *port, struct sk_buff *skb);
void carp_neigh_announce6(const struct carp *carp, const struct in6_addr *addr,
			  u8 frame[CARP_FRAME_NA_LEN]);
int carp_neigh_use(struct net *net, bool on);

/* bridge.c */
int carp_bridge_attach(struct carp_port *port);
void carp_bridge_detach(struct carp_port *port);

/* group.c */
void carp_group_init(struct carp *carp);
void carp_group_sync(struct carp *carp);
void carp_group_later(struct carp *carp);

/* auth.c */
int carp_auth_reserve(struct carp *carp, u8 vhid, struct nlattr *data[],
		      struct netlink_ext_ack *extack);
void carp_auth_release(struct carp *carp);
void carp_auth_commit(struct carp *carp, bool vhid_changed);
void carp_auth_rebuild(struct carp *carp);
void carp_auth_said(struct carp_auth *auth);
struct carp_auth *carp_auth_before(struct carp *carp);
void carp_auth_free(struct carp *carp);

/* match.c */
enum carp_match carp_match_verify(struct carp *carp,
				  const struct carp_advert *adv);
enum carp_match carp_match_recall(struct carp *carp,
				  const struct carp_advert *adv);

/* addr.c */
int carp_addr_on_parent(struct carp *carp, struct net_device *parent,
			struct netlink_ext_ack *extack);
void carp_addr_restore(struct carp *carp);
void carp_addr_free(struct carp *carp);
bool carp_addr_at6(struct inet6_dev *idev, unsigned int pos,
		   struct in6_addr *addr);
int carp_addr_register(void);
void carp_addr_unregister(void);

/* gate.c */
void carp_gate_init(struct carp *carp);
void carp_gate_exit(struct carp *carp);
void carp_gate_prepare(struct carp *carp);
void carp_gate_apply(struct carp *carp, bool open);
void carp_gate_assert(struct carp *carp);
void carp_gate_follow(struct carp *carp);
void carp_gate_keep6(struct carp *carp);
void carp_gate_watch(struct carp *carp);
void carp_gate_unlock4(struct carp *carp, __be32 addr);
void carp_gate_new6(struct carp *carp, struct inet6_ifaddr *ifp);

/* carrier.c */
void carp_carrier_init(struct net *net);
void carp_carrier_exit(struct net *net);
void carp_carrier_set(struct carp *carp, bool up);

/* output.c */
int carp_output_use(struct net *net, bool on);
bool carp_output_ready(const struct net *net);
void carp_output_retired(struct net *net);

/* cause.c */
bool carp_cause_fits(const struct carp_cause *cause, const struct carp *carp);
int carp_cause_set(struct carp_net *cn, struct carp_cause *cause,
		   struct carp *carp);
int carp_cause_clear(struct carp_net *cn, const struct carp_cause *key,
		     u32 portid);
void carp_cause_device_end(struct carp *carp);
bool carp_cause_drains(const struct carp *carp);
void carp_cause_free(struct carp_net *cn);
int carp_cause_register(void);
void carp_cause_unregister(void);

/* cause_netlink.c */
int carp_demote_doit(struct sk_buff *skb, struct genl_info *info);
int carp_undemote_doit(struct sk_buff *skb, struct genl_info *info);
int carp_cause_dump(struct sk_buff *skb, struct netlink_callback *cb);

/* wait.c */
void carp_wait_init(struct carp *carp);
void carp_wait_exit(struct carp *carp);
u64 carp_wait_hold_end(const struct carp *carp);
u64 carp_wait_preempt_at(const struct carp *carp);
void carp_wait_self(const struct carp *carp, u64 now, struct carp_self *self);
void carp_wait_heard(struct carp *carp, const struct carp_peer *peer,
		     const struct carp_origin *origin, enum carp_action action);
void carp_wait_end(struct carp *carp);
void carp_wait_retime(struct carp *carp);

/* demote.c */
const char *carp_demote_problem_name(enum carp_problem problem);
u32 carp_demote_factor(const struct carp_net *cn, enum carp_problem problem);
void carp_demote_set_factor(struct carp_net *cn, enum carp_problem problem,
			    u32 factor);
void carp_demote_add_sysctl(struct carp_net *cn, int by);
void carp_demote_apply(struct carp_net *cn, const struct carp_cause *drain);
u8 carp_demote_net(const struct carp_net *cn);
void carp_demote_parent(struct carp *carp, bool problem);
void carp_demote_sent(struct carp *carp, bool ok);
void carp_demote_forget(struct carp *carp);
void carp_demote_kick(struct work_struct *work);
u8 carp_demote_now(const struct carp *carp);
u8 carp_demote_skew(const struct carp *carp);

#endif /* _CARP_API_H */
