"""Makes and fills the database of a laboratory's domain controller, while it does not run where nothing else is said.

    script.py provision   {dir, address, domain, workgroup, host, password}
    script.py fill        {conf, dir, domain, account, password, replicates, deleted, units, people, groups}
    script.py ace         {conf, dir, domain, dn, ace}                  while it runs as well
    script.py descriptor  {conf, dir, domain, dn, attribute, sddl}      the same

The order comes as JSON on standard input.
"""
import json
import logging
import os
import sys

import ldb
from samba.auth import system_session
from samba.param import LoadParm


def provision(o):
    from samba.dsdb import DS_DOMAIN_FUNCTION_2008_R2
    from samba.provision import FILL_FULL, provision as make

    empty = os.path.join(o["dir"], "empty.conf")
    open(empty, "w").close()
    os.environ["SMB_CONF_PATH"] = empty
    lp = LoadParm()
    lp.load(empty)
    lp.set("interfaces", o["address"] + "/8")
    lp.set("bind interfaces only", "yes")
    lp.set("ldb:nosync", "true")
    make(logging.getLogger(), system_session(), smbconf=None, targetdir=o["dir"], samdb_fill=FILL_FULL,
         realm=o["domain"].upper(), domain=o["workgroup"], hostname=o["host"], hostip=o["address"], hostip6="::1",
         adminpass=o["password"], dns_backend="NONE", dom_for_fun_level=DS_DOMAIN_FUNCTION_2008_R2,
         serverrole="active directory domain controller", lp=lp, backend_store="mdb",
         backend_store_size=8 << 30, skip_sysvolacl=True)


class Filler:
    # So many additions in one transaction; with batch_mode the index lists stay in memory until it commits.
    BATCH = 2000

    def __init__(self, o):
        from samba.samdb import SamDB

        self.o = o
        lp = LoadParm()
        lp.load(o["conf"])
        self.base = "DC=" + o["domain"].replace(".", ",DC=")
        self.db = SamDB(url=os.path.join(o["dir"], "private", "sam.ldb"), session_info=system_session(), lp=lp,
                        options=["batch_mode:1"], flags=ldb.FLG_NOSYNC)
        self.count = 0

    def add(self, dn, **attributes):
        attributes["dn"] = ldb.Dn(self.db, dn)
        self.db.add(attributes)
        self.count += 1
        if self.count % self.BATCH == 0:
            self.db.transaction_commit()
            self.db.transaction_start()

    def fill(self):
        self.db.transaction_start()
        for dn in self.o["units"] or []:
            self.add(dn + "," + self.base, objectClass="organizationalUnit")
        for person in self.o["people"] or []:
            dn = person.pop("dn") + "," + self.base
            self.add(dn, objectClass="user", **person)
        # 512 needs a password; 544 is enabled and may have none, which saves 13 ms a person.
        for group in self.o["groups"] or []:
            members = [m + "," + self.base for m in group["members"] or []]
            attributes = {"member": members} if members else {}
            self.add(group["dn"] + "," + self.base, objectClass="group", sAMAccountName=group["name"], **attributes)
        self.db.transaction_commit()
        self.make_account()

    def make_account(self):
        o = self.o
        self.db.newuser(o["account"], o["password"], setpassword=True)
        self.db.setexpiry("(sAMAccountName=%s)" % o["account"], 0, no_expiry_req=True)
        sid = self.sid_of(o["account"])
        if o["replicates"]:  # DS-Replication-Get-Changes (MS-ADTS 5.1.3.2.1)
            self.grant(self.base, "(OA;;CR;1131f6aa-9c07-11d1-f79f-00c04fc2dcd2;;%s)" % sid, [])
        if o["deleted"]:  # list and read tombstones
            self.grant("CN=Deleted Objects," + self.base, "(A;CI;RPLCLORC;;;%s)" % sid, ["show_deleted:1"])

    def sid_of(self, account):
        from samba.dcerpc import security
        from samba.ndr import ndr_unpack

        found = self.db.search(self.base, ldb.SCOPE_SUBTREE, "(sAMAccountName=%s)" % account, ["objectSid"])
        return str(ndr_unpack(security.dom_sid, found[0]["objectSid"][0]))

    def grant(self, dn, ace, controls):
        from samba.dcerpc import security
        from samba.sd_utils import SDUtils

        sds, domain_sid = SDUtils(self.db), security.dom_sid(self.db.get_domain_sid())
        dn = ldb.Dn(self.db, dn)
        sddl = sds.read_sd_on_dn(dn, controls=controls + ["sd_flags:1:15"]).as_sddl(domain_sid)
        first = sddl.index("(", sddl.index("D:"))
        changed = security.descriptor.from_sddl(sddl[:first] + ace + sddl[first:], domain_sid)
        sds.modify_sd_on_dn(dn, changed, controls=controls + ["sd_flags:1:4"])

    def describe(self, dn, attribute, sddl):
        from samba.dcerpc import security
        from samba.ndr import ndr_pack

        made = security.descriptor.from_sddl(sddl, security.dom_sid(self.db.get_domain_sid()))
        change = ldb.Message(ldb.Dn(self.db, dn))
        change[attribute] = ldb.MessageElement(ndr_pack(made), ldb.FLAG_MOD_REPLACE, attribute)
        self.db.modify(change)


order = json.load(sys.stdin)
if sys.argv[1] == "provision":
    provision(order)
elif sys.argv[1] == "descriptor":
    Filler(order).describe(order["dn"], order["attribute"], order["sddl"])
elif sys.argv[1] == "ace":
    Filler(order).grant(order["dn"], order["ace"], ["show_deleted:1"])
else:
    Filler(order).fill()
