// SPDX-License-Identifier: GPL-2.0-or-later
// The module is swapped under devices that come back as they were, or nothing is touched.
#include "signature.hpp"
#include "temporary_directory.hpp"
#include "tool.hpp"

#include <gtest/gtest.h>

#include <linux/carp.h>
#include <net/if.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

namespace {

using carpctl::ModuleVersion;
using Words = std::vector<std::string>;
using Failure = std::optional<std::string>;

/// What a host would do, and what it did.
struct World {
    Failure obstacle;
    std::vector<carpctl::OtherNamespace> namespaces;
    Failure unload;
    Failure load;
    Failure load_file;
    std::set<std::string> active;
    std::function<Failure(const std::string &)> restart;
    std::function<void()> while_unloaded;
    Words log;
};

class FakeHost final : public carpctl::ModuleHost {
  public:
    explicit FakeHost(World &world) : world_(world) {}

    Failure obstacle() override { return world_.obstacle; }
    std::vector<carpctl::OtherNamespace> other_namespaces() override { return world_.namespaces; }
    Failure unload() override {
        world_.log.emplace_back("unload");
        if (!world_.unload)
            world_.while_unloaded();
        return world_.unload;
    }
    Failure load() override {
        world_.log.emplace_back("load");
        return world_.load;
    }
    Failure load_file(const std::string &file) override {
        world_.log.push_back("load " + file);
        return world_.load_file;
    }
    bool is_active(const std::string &unit) override { return world_.active.count(unit) != 0; }
    Failure restart(const std::string &unit) override {
        world_.log.push_back("restart " + unit);
        return world_.restart(unit);
    }

  private:
    World &world_;
};

class ReloadModule : public carptest::Tool {
  protected:
    ReloadModule() {
        kernel.add_ethernet("eth0", {"192.168.1.3/24"});
        for (const char *name : {"etc", "lib", "sysctl", "kept"})
            directory.make(name);
        world.directories = {directory.path("etc"), directory.path("lib")};
        world.module_versions = [this] { return modules; };
        world.module_host = [this] { return std::make_unique<FakeHost>(host); };
        world.open_in = [this](const std::string &path) { return others.at(path).socket(); };
        world.sysctl_directory = directory.path("sysctl");
        world.kept_modules = directory.path("kept");
        world.saved_devices = directory.path("saved");
        sysctls("1");
        directory.write("kept/carp.ko.xz", "");
        host.while_unloaded = [this] {
            EXPECT_FALSE(kernel.exists("carp0"));
            kernel.generic.log.emplace_back("unload");
            sysctls("0");
        };
        kernel.generic.match = CARP_MATCH_PRESENT;
        kernel.generic.device("carp0");
        secret("key", "testpass\n");
    }

    void sysctls(const std::string &preempt) const {
        directory.write("sysctl/preempt", preempt + "\n");
        directory.write("sysctl/demotion", "0\n");
    }
    void secret(const std::string &name, const std::string &text) const {
        ::chmod(directory.write(name, text).c_str(), 0600);
    }
    /// carp0, from a file of the host.
    void usual(const std::string &more = {}) {
        directory.write("etc/carp0.carp", "[CARP]\nVHID=1\nPasswordFile=../key\nAdvSkew=100\n"
                                          "Address=192.168.1.50/24\nPeer=192.168.1.4\n" +
                                              more);
        ASSERT_EQ(run({"apply", "--system", "carp0"}), 0) << err.str();
        kernel.log.clear();
    }
    /// Refuses, says why, and has touched nothing.
    void expect_refused(const std::string &why, const Words &more = {}) {
        Words words{"reload-module"};
        words.insert(words.end(), more.begin(), more.end());
        const auto before = kernel.link("carp0");
        EXPECT_EQ(run(words), 2) << why;
        EXPECT_EQ(err.str(), "carpctl: " + why + "\ncarpctl: nothing was changed\n");
        EXPECT_EQ(out.str(), "");
        EXPECT_EQ(kernel.link("carp0"), before);
        EXPECT_EQ(host.log, Words());
        for (const auto &word : kernel.generic.log)
            EXPECT_TRUE(word.starts_with("verify")) << word;
    }
    Words demotions() const {
        Words all;
        for (const auto &word : kernel.generic.log)
            if (!word.starts_with("verify"))
                all.push_back(word);
        return all;
    }

    carptest::TemporaryDirectory directory;
    World host;
    std::map<std::string, carptest::FakeKernel> others;
    carpctl::ModuleVersions modules{.loaded = ModuleVersion{"0.1.0", "AAAA"},
                                    .installed = ModuleVersion{"0.1.0", "BBBB"},
                                    .file = "/lib/modules/6.12/carp.ko"};
};

TEST_F(ReloadModule, EverythingIsAsItWas) {
    usual("Preempt=yes\nGraceSec=60\n");
    ASSERT_EQ(run({"create", "carp1"}), 0);
    kernel.generic.device("carp1");
    kernel.generic.causes = {
        {.name = "maintenance", .value = 240, .flags = CARP_CAUSE_F_DRAIN},
        {.name = "disk", .value = 5, .scope = CARP_SCOPE_DEVICE, .device = "carp0"},
        {.name = "sysctl", .value = 7, .owner = CARP_OWNER_SYSCTL},
        {.name = "ifdown", .value = 240, .owner = CARP_OWNER_KERNEL}};
    const auto carp0 = kernel.link("carp0");
    const auto carp1 = kernel.link("carp1");
    EXPECT_EQ(run({"reload-module"}), 0) << err.str();
    EXPECT_EQ(out.str() + err.str(), "");
    EXPECT_EQ(kernel.link("carp0"), carp0);
    EXPECT_EQ(kernel.link("carp1"), carp1);
    EXPECT_EQ(kernel.link("carp1").flags & IFF_UP, 0U);
    EXPECT_EQ(host.log, (Words{"unload", "load"}));
    EXPECT_EQ(demotions(), (Words{"demote reload-module 240 lease drain", "unload",
                                  "demote maintenance 240 drain", "demote disk 5 dev carp0"}));
    EXPECT_EQ(directory.read("sysctl/preempt"), "1");
    EXPECT_EQ(directory.read("sysctl/demotion"), "7");
    struct stat status{};
    EXPECT_NE(::stat(directory.path("saved").c_str(), &status), 0);
}

TEST_F(ReloadModule, CheckSaysWhatWouldHappen) {
    usual();
    kernel.generic.causes = {{.name = "disk", .value = 5}};
    const auto before = kernel.link("carp0");
    EXPECT_EQ(run({"reload-module", "--check"}), 0) << err.str();
    EXPECT_EQ(out.str(), "module 0.1.0 (AAAA) -> 0.1.0 (BBBB), /lib/modules/6.12/carp.ko\n"
                         "carp0: as it is, with the key in " +
                             directory.path("key") +
                             "\ncause disk 5: as it is\nif it does not load: " +
                             directory.path("kept/carp.ko.xz") + "\n");
    EXPECT_EQ(kernel.link("carp0"), before);
    EXPECT_EQ(host.log, Words());
    EXPECT_EQ(demotions(), Words());
}

TEST_F(ReloadModule, NothingToDo) {
    modules.installed = modules.loaded;
    EXPECT_EQ(run({"reload-module"}), 0);
    EXPECT_EQ(out.str(), "The installed module is the one that runs.\n");
    modules.installed.reset();
    EXPECT_EQ(run({"reload-module"}), 2);
    EXPECT_EQ(err.str(), "carpctl: no module is installed for this kernel\n");
    modules.loaded.reset();
    EXPECT_EQ(run({"reload-module"}), 2);
    EXPECT_EQ(err.str(),
              "carpctl: no module is loaded: 'modprobe carp' loads the one that is installed\n");
    EXPECT_EQ(host.log, Words());
    expect_usage({"reload-module", "passfile"}, "passfile: FILE is missing");
}

TEST_F(ReloadModule, AKeyIsFoundOrNothingHappens) {
    usual();
    directory.write("etc/carp0.carp", "");
    expect_refused("carp0: the kernel does not give its key back: name its file carp0.carp, or say "
                   "'passfile FILE'");
    expect_refused("passfile " + directory.path("none") + ": No such file or directory",
                   {"passfile", directory.path("none")});
    const auto named = directory.write("carp0.carp", "[CARP]\nPasswordCredential=key\n");
    expect_refused("carp0: carp@carp0.service alone has its key, and is not active: 'passfile "
                   "FILE' says where else it is",
                   {named});
    kernel.generic.match = CARP_MATCH_NONE;
    expect_refused("carp0: the key in " + directory.path("key") +
                       " is not the one that the device has",
                   {"passfile", directory.path("key")});
    kernel.generic.match = CARP_MATCH_PRESENT;
    EXPECT_EQ(run({"reload-module", "passfile", directory.path("key")}), 0) << err.str();
    EXPECT_EQ(kernel.link("carp0").key, "testpass");
    directory.write("carp0.carp", "[CARP]\nPasswordFile=key\n");
    EXPECT_EQ(run({"reload-module", named}), 0) << err.str();
    EXPECT_EQ(kernel.link("carp0").key, "testpass");
    directory.write("carp0.carp", "[CARP]\nColour=red\n");
    EXPECT_EQ(run({"reload-module", named, "passfile", directory.path("key")}), 2);
    EXPECT_EQ(err.str(),
              "carpctl: " + named + ":2:1: 'Colour': unknown key\ncarpctl: nothing was changed\n");
}

TEST_F(ReloadModule, ANextKeyAsWell) {
    usual();
    kernel.link("carp0").key_next = "later";
    expect_refused("carp0: no NextPasswordFile= says where its next key is");
    secret("next", "later\n");
    directory.write("etc/carp0.carp", "[CARP]\nPasswordFile=../key\nNextPasswordFile=../next\n");
    // The kernel of this test knows one answer for both.
    expect_refused("carp0: the key in " + directory.path("etc/../next") +
                   " is not the one that the device has");
    kernel.generic.match = CARP_MATCH_NOV6LL;
    EXPECT_EQ(run({"reload-module"}), 0) << err.str();
    EXPECT_EQ(kernel.link("carp0").key_next, "later");
}

TEST_F(ReloadModule, OthersThatUseTheModule) {
    usual();
    host.obstacle = "the module is in use (1 references)";
    expect_refused(*host.obstacle);
    host.obstacle.reset();
    others["/run/netns/far"].add_carp("carp7");
    others["/run/netns/near"].add_ethernet("eth0", {});
    host.namespaces = {{"near", "/run/netns/near"}, {"far", "/run/netns/far"}};
    expect_refused("network namespace far has carp devices: carp7");
    host.namespaces.clear();
    kernel.generic.causes = {
        {.name = "probe", .value = 9, .owner = CARP_OWNER_SOCKET, .flags = CARP_CAUSE_F_LEASE}};
    expect_refused("cause probe is held by a running program: end that first");
    kernel.generic.causes = {{.name = "rack", .value = 9, .scope = CARP_SCOPE_GROUP, .group = 3}};
    expect_refused("cause rack is about an interface group, which a new device is not in");
}

TEST_F(ReloadModule, ANewModuleThatDoesNotLoad) {
    usual();
    const auto before = kernel.link("carp0");
    host.load = "modprobe: ERROR: could not insert 'carp': Exec format error";
    EXPECT_EQ(run({"reload-module"}), 2);
    const auto kept = directory.path("kept/carp.ko.xz");
    EXPECT_EQ(err.str(), "carpctl: the new module does not load: " + *host.load +
                             "\ncarpctl: back to the one before, " + kept + "\n");
    EXPECT_EQ(host.log, (Words{"unload", "load", "load " + kept}));
    EXPECT_EQ(kernel.link("carp0"), before);
    EXPECT_EQ(directory.read("sysctl/preempt"), "1");

    // No way back: the files tell what there was.
    host.load_file = "insmod: ERROR";
    EXPECT_EQ(run({"reload-module"}), 2);
    EXPECT_FALSE(kernel.exists("carp0"));
    EXPECT_NE(err.str().find("nor does the one before: insmod: ERROR\ncarpctl: not everything is "
                             "back: carpctl apply " +
                             directory.path("saved") + "/*.carp\n"),
              std::string::npos)
        << err.str();
    EXPECT_EQ(run({"apply", directory.path("saved/carp0.carp")}), 0) << err.str();
    EXPECT_EQ(kernel.link("carp0"), before);
}

TEST_F(ReloadModule, WithoutACopyToGoBackTo) {
    usual();
    world.kept_modules = directory.path("nowhere");
    EXPECT_EQ(run({"reload-module", "--check"}), 0);
    EXPECT_EQ(err.str(), "carpctl: warning: there is no copy of the module that runs in " +
                             world.kept_modules + ", to go back to\n");
    host.load = "no";
    EXPECT_EQ(run({"reload-module"}), 2);
    EXPECT_NE(
        err.str().find("nor does the one before: there is no copy of it in " + world.kept_modules),
        std::string::npos);
    EXPECT_FALSE(kernel.exists("carp0"));
}

TEST_F(ReloadModule, AModuleThatStays) {
    usual();
    kernel.generic.causes = {{.name = "disk", .value = 5}};
    const auto before = kernel.link("carp0");
    host.unload = "rmmod: ERROR: Module carp is in use";
    EXPECT_EQ(run({"reload-module"}), 2);
    EXPECT_EQ(err.str(), "carpctl: the module cannot be unloaded: " + *host.unload + "\n");
    EXPECT_EQ(kernel.link("carp0"), before);
    EXPECT_EQ(host.log, (Words{"unload"}));
    // It has not forgotten those.
    EXPECT_EQ(demotions(), (Words{"demote reload-module 240 lease drain"}));
}

TEST_F(ReloadModule, AServiceMakesItsDevice) {
    usual();
    kernel.link("carp0").advskew = 7;
    host.active = {"carp@carp0.service"};
    host.restart = [this](const std::string &) {
        return run({"apply", "--system", "carp0"}) == 0 ? Failure() : Failure("no");
    };
    EXPECT_EQ(run({"reload-module", "--check"}), 0) << err.str();
    EXPECT_NE(out.str().find("carp0: carp@carp0.service makes it again\ncarp0: AdvSkew=7 -> 100\n"),
              std::string::npos)
        << out.str();
    EXPECT_EQ(run({"reload-module"}), 0) << err.str();
    EXPECT_EQ(host.log, (Words{"unload", "load", "restart carp@carp0.service"}));
    EXPECT_EQ(kernel.link("carp0").advskew, 100U);

    // Its credential is its own affair.
    directory.write("etc/carp0.carp", "[CARP]\nVHID=1\nPasswordCredential=key\n");
    host.restart = [](const std::string &) { return Failure("it failed"); };
    EXPECT_EQ(run({"reload-module"}), 2);
    EXPECT_NE(err.str().find("carpctl: carp@carp0.service: it failed\n"), std::string::npos);
    EXPECT_FALSE(kernel.exists("carp0"));
    directory.write("etc/carp0.carp", "");
    kernel.add_carp("carp0");
    host.log.clear();
    kernel.generic.log.clear();
    expect_refused("carp0: carp@carp0.service is active, and there is no carp0.carp in " +
                   directory.path("etc") + " or its like");
}

TEST(MadeAdvert, IsSignedWithItsKey) {
    const std::vector<carpnl::Address> list{carpnl::Address::parse("192.168.1.50/24"),
                                            carpnl::Address::parse("2001:db8::50/64")};
    const carpnl::Key key("testpass");
    carpctl::Advert advert{.source = list[0], .destination = list[0], .vhid = 7};
    advert.header = carpctl::make_advert(7, key, list);
    EXPECT_TRUE(signed_with(advert, key, list));
    EXPECT_FALSE(signed_with(advert, carpnl::Key("another"), list));
    EXPECT_FALSE(signed_with(advert, key, std::span(list).first(1)));
}

} // namespace
