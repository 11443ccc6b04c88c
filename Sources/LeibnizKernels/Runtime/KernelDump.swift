/// One kernel written out for people: `<name>-<digits>.nest`, `.ll` and `.s`.
struct KernelDump {
    let folder: String
    let nest: LoopNest
    let source: KernelSource?

    /// Writes the files; the last two only where there is a compiler. What cannot be written is left out.
    func write(_ jit: JIT?) {
        let name = fileName
        save("nest", nest.description + "\n", name)
        guard let source, let jit else { return }
        save("ll", source.ir, name)
        do throws(CompilationError) {
            save("s", try jit.assembly(of: source), name)
        } catch {
            save("s", "; \(error)\n", name)
        }
    }

    /// The nest's name, which many kernels may bear, with some digits of a digest.
    private var fileName: String {
        let digest = SHA256.digest((source?.ir ?? nest.description).utf8).prefix(4)
        let digits = digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        let letters = nest.name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }
        return String(letters.prefix(80)) + "-" + digits
    }

    private func save(_ suffix: String, _ text: String, _ name: String) {
        _ = writeFile("\(folder)/\(name).\(suffix)", Array(text.utf8))
    }
}
