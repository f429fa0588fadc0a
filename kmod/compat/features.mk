# SPDX-License-Identifier: GPL-2.0-only
# What this kernel's headers have. Stable kernels take API changes from newer
# ones, so a version number does not tell.

carp-has = $(shell grep -qsE '$(2)' $(srctree)/include/$(1) && echo -D$(3))

ccflags-y += $(call carp-has,linux/netdevice.h,netns_immutable:1,CARP_HAVE_NETNS_IMMUTABLE)
ccflags-y += $(call carp-has,linux/netdevice.h,netns_local:1,CARP_HAVE_NETNS_LOCAL)
ccflags-y += $(call carp-has,linux/netdevice.h,lltx:1,CARP_HAVE_LLTX)
ccflags-y += $(call carp-has,linux/netdevice.h,bpf_mprog_entry.*tcx_ingress,CARP_HAVE_TCX)
ccflags-y += $(call carp-has,net/rtnetlink.h,^struct rtnl_newlink_params,CARP_HAVE_NEWLINK_PARAMS)
ccflags-y += $(call carp-has,linux/hrtimer.h,hrtimer_setup.struct,CARP_HAVE_HRTIMER_SETUP)
ccflags-y += $(call carp-has,crypto/sha1.h,^struct sha1_ctx,CARP_HAVE_SHA1_CTX)
ccflags-y += $(call carp-has,linux/netdevice.h,IFF_NO_ADDRCONF,CARP_HAVE_NO_ADDRCONF)
ccflags-y += $(call carp-has,linux/sysctl.h,proc_handler.const,CARP_HAVE_CONST_CTL_TABLE)
ccflags-y += $(call carp-has,net/net_namespace.h,register_net_sysctl_sz,CARP_HAVE_SYSCTL_SZ)
