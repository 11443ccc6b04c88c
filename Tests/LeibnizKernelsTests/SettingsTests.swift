import Testing

@testable import LeibnizKernels

@Suite struct SettingsTests {
    @Test func `values that are not understood warn and are ignored`() {
        var warnings: [String] = []
        let variables = [
            "LEIBNIZ_BACKEND": "gpu", "LEIBNIZ_THREADS": "0", "LEIBNIZ_EAGER": "yes", "LEIBNIZ_VECTORS": "mmx",
            "LEIBNIZ_AUTOTUNE": "maybe", "HOME": "/home/me",
        ]
        let settings = Settings(variable: { variables[$0] }, warn: { warnings.append($0) })
        #expect(warnings.count == 5)
        #expect(settings.backend == nil && settings.threads == nil && !settings.isEager && settings.vectors == nil)
        #expect(settings.autotunes)
        #expect(settings.cacheFolder == "/home/me/.cache/leibniz")
        #expect(settings.llvmPath == .search && settings.dumpFolder == nil)
    }

    @Test func `values that are understood are taken`() {
        let variables = [
            "LEIBNIZ_BACKEND": "interpreter", "LEIBNIZ_THREADS": "3", "LEIBNIZ_EAGER": "1", "LEIBNIZ_LLVM": "none",
            "LEIBNIZ_DUMP": "/dump", "LEIBNIZ_VECTORS": "avx2", "LEIBNIZ_AUTOTUNE": "0", "XDG_CACHE_HOME": "/cache",
            "HOME": "/home/me",
        ]
        let settings = Settings(variable: { variables[$0] }, warn: { Issue.record("warned: \($0)") })
        #expect(
            settings.backend == .interpreter && settings.threads == 3 && settings.isEager && settings.vectors == .avx2)
        #expect(
            settings.llvmPath == .none && settings.dumpFolder == "/dump" && settings.cacheFolder == "/cache/leibniz")
        #expect(!settings.autotunes)
        let off = Settings(variable: { $0 == "LEIBNIZ_CACHE" ? "off" : nil }, warn: { _ in })
        #expect(off.cacheFolder == nil)
    }
}
