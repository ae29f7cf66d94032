import TestFiles
import Testing

@testable import Kernels

/// Fake `/proc` and `/sys`.
@Suite struct ControlGroupTests {
    private func group(_ files: [String: String]) throws -> (coreQuota: Double?, memoryLimit: Int?) {
        let folder = try TemporaryFolder()
        for (name, text) in files { try folder.write(name, text) }
        let group = ControlGroup(root: folder.root)
        return (group.coreQuota, group.memoryLimit)
    }

    @Test func version2() throws {
        let own = try group([
            "proc/self/cgroup": "0::/user.slice/shell.scope\n",
            "sys/fs/cgroup/user.slice/shell.scope/cpu.max": "max 100000\n",
            "sys/fs/cgroup/user.slice/shell.scope/memory.max": "268435456\n",
            "sys/fs/cgroup/user.slice/cpu.max": "150000 100000\n",
            "sys/fs/cgroup/user.slice/memory.max": "max\n",
        ])
        #expect(own.coreQuota == 1.5 && own.memoryLimit == 268_435_456)
    }

    /// The tightest holds, wherever it is.
    @Test func ancestors() throws {
        let own = try group([
            "proc/self/cgroup": "0::/a/b\n",
            "sys/fs/cgroup/a/b/cpu.max": "300000 100000\n", "sys/fs/cgroup/a/b/memory.max": "3000\n",
            "sys/fs/cgroup/a/cpu.max": "400000 100000\n", "sys/fs/cgroup/a/memory.max": "1000\n",
            "sys/fs/cgroup/cpu.max": "50000 100000\n", "sys/fs/cgroup/memory.max": "2000\n",
        ])
        #expect(own.coreQuota == 0.5 && own.memoryLimit == 1000)
    }

    @Test func version1() throws {
        let own = try group([
            "proc/self/cgroup": "5:cpu,cpuacct:/a\n4:memory:/docker/b\n0::/\n",
            "sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "-1\n", "sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "250000\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            // A container sees its own group as the uppermost.
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n",
            "sys/fs/cgroup/memory/docker/memory.limit_in_bytes": "9223372036854771712\n",
        ])
        #expect(own.coreQuota == 2.5 && own.memoryLimit == 536_870_912)
    }

    @Test func noLimits() throws {
        for files in [
            [:], ["proc/self/cgroup": "0::/\n"], ["proc/self/cgroup": "nonsense\n::\n0::/../../x\n"],
            ["proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "", "sys/fs/cgroup/memory.max": "-1\n"],
            ["proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "nan 0\n", "sys/fs/cgroup/memory.max": "nan\n"],
        ] {
            let own = try group(files)
            #expect(own.coreQuota == nil && own.memoryLimit == nil, "\(files)")
        }
    }
}
