# SPDX-License-Identifier: GPL-2.0-only
# For a Kbuild: makes $(obj)/probes/answers.h, which says what the kernel has (ask.sh), before
# $(probed-objs). If PFNMAP_ANSWERS names such a header of the same kernel, copies that.
pfnmap-probes := $(dir $(lastword $(MAKEFILE_LIST)))

quiet_cmd_pfnmap_probes = PROBES  $@
      cmd_pfnmap_probes = $(if $(PFNMAP_ANSWERS),cp $(PFNMAP_ANSWERS) $@,\
	$(CONFIG_SHELL) $(pfnmap-probes)ask.sh $@ $(KERNELRELEASE) $(abspath $(objtree)) \
	$(CC) $(filter-out -Wp$(comma)-M%,$(c_flags)) \
	$(if $(CONFIG_CC_IS_CLANG),-ferror-limit=0 -Werror=incompatible-function-pointer-types,\
	-ftrack-macro-expansion=0))

$(obj)/probes/answers.h: part-of-module := $(if $(KBUILD_EXTMOD),y)
$(obj)/probes/answers.h: $(wildcard $(pfnmap-probes)*.c) $(addprefix $(pfnmap-probes),ask.sh probe.h) \
		$(PFNMAP_ANSWERS) $(objtree)/include/generated/autoconf.h FORCE
	$(call if_changed,pfnmap_probes)
	$(if $(findstring 1,$(KBUILD_VERBOSE)),@cat $@,@:)

targets += probes/answers.h
$(addprefix $(obj)/,$(probed-objs)): $(obj)/probes/answers.h
ccflags-y += -I$(obj)
