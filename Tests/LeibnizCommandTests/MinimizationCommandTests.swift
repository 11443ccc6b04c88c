import Foundation
import TestFiles
import Testing

@Suite struct MinimizationCommandTests {
    private static let rosenbrock = "(1-x)^2 + 100(y-x^2)^2"

    @Test(arguments: [
        "gradient-descent", "conjugate-gradient", "bfgs", "lbfgs", "newton-cg", "trust-region", "nelder-mead",
    ])
    func `every method finds the end of the valley`(method: String) throws {
        let result = try leibniz(["minimize", Self.rosenbrock, "--from", "x=-1.2,y=1", "--method", method, "--json"])
            .json()
        #expect(
            Set(result.keys) == [
                "point", "value", "gradient_norm", "iterations", "evaluations", "converged", "reason",
            ])
        let point = try #require(result["point"] as? [String: Double])
        #expect(abs((point["x"] ?? 0) - 1) < 1e-5 && abs((point["y"] ?? 0) - 1) < 1e-5)
        #expect(try #require(result["value"] as? Double) < 1e-10 && result["converged"] as? Bool == true)
    }

    @Test func `bounds hold, and formulas may begin with a minus sign`() throws {
        let result = try leibniz(["minimize", "-x*y", "--from", "x=0,y=0.1", "--bounds", "x=0:2,y=:3", "--json"]).json()
        #expect(result["point"] as? [String: Double] == ["x": 2, "y": 3] && result["value"] as? Double == -6)
        #expect(result["reason"] as? String == "gradient small" && result["gradient_norm"] as? Double == 0)
        let text = try leibniz(["minimize", "(x-2)^2+1", "--from", "x=-5", "--method", "momentum", "--rate", "0.1"])
        #expect(text.status == 0 && text.output.contains("gradient small"))
    }

    @Test(arguments: [
        (["-x^2", "--from", "x=1"], "unbounded below"), (["-exp(x)", "--from", "x=1"], "unbounded below"),
        (["log(x)", "--from", "x=-1"], "not finite"), (["1/x", "--from", "x=0"], "not finite"),
    ])
    func `what has no minimum says why and ends with 65`(arguments: [String], reason: String) throws {
        let run = try leibniz(["minimize"] + arguments + ["--json"])
        #expect(run.status == 65, "\(run)")
        let result = try run.json()
        #expect(result["reason"] as? String == reason && result["converged"] as? Bool == false)
    }

    @Test(arguments: [
        (["x^3", "--from", "x=1"], "x = -0.01"), (["x^2-y^2", "--from", "x=1,y=0"], "x = 0.0, y = -0.01"),
        (["x*y", "--from", "x=0,y=0"], "less at"),
    ])
    func `what is level but no minimum is not called one`(arguments: [String], place: String) throws {
        let run = try leibniz(["minimize"] + arguments)
        #expect(run.status == 0 && run.output.contains("no minimum") && run.output.contains(place), "\(run)")
    }

    @Test(arguments: [["x^4", "--from", "x=1"], ["x^3", "--from", "x=1", "--bounds", "x=0:"]])
    func `flat minima and those at bounds are minima`(arguments: [String]) throws {
        let run = try leibniz(["minimize"] + arguments)
        #expect(run.status == 0 && run.output.contains("\na minimum"), "\(run)")
    }

    @Test func `work is bounded`() throws {
        let run = try leibniz([
            "minimize", Self.rosenbrock, "--from", "x=-1.2,y=1", "--method", "gradient-descent", "--rate", "1e-6",
            "--iterations", "50", "--json",
        ])
        let result = try run.json()
        #expect(
            run.status == 0 && result["reason"] as? String == "iteration limit" && result["iterations"] as? Int == 50)
    }

    @Test(arguments: [
        (["minimize", "x+y", "--from", "x=1"], "gives no value of y"),
        (["minimize", "x", "--from", "x=1,z=2"], "names z"), (["minimize", "x", "--from", "x=1,x=2"], "twice"),
        (["minimize", "x", "--from", "x"], "values of variables"),
        (["minimize", "x", "--from", "x=nan"], "NaN is none"),
        (["minimize", "x^2", "--from", "x=1", "--bounds", "y=0:1"], "names y"),
        (["minimize", "x^2", "--from", "x=1", "--bounds", "x=2:1"], "nothing lies between"),
        (["minimize", "x^2", "--from", "x=1", "--method", "luck"], "luck"),
        (["minimize", "x^2", "--from", "x=1", "--plot", "way.gif"], ".svg or .png"),
        (["minimize", "x +", "--from", "x=1"], "^ column"),
        (["plot", "x*y*z", "--out", "a.svg"], "one variable or two"), (["plot", "x", "--out", "a"], ".svg or .png"),
        (["plot", "x", "--from", "2", "--to", "1", "--out", "a.svg"], "not below"),
        (["plot", "x*y", "--wrt", "x", "--out", "a.svg"], "does not name y"),
    ])
    func `mistakes end with 64`(arguments: [String], message: String) throws {
        let run = try leibniz(arguments)
        #expect(run.status == 64 && run.output.isEmpty && run.errors.contains(message), "\(run)")
    }

    @Test func `a fit gives certified parameters and standard errors`() throws {
        let folder = try TemporaryFolder()
        for (name, columns) in [("Misra1a", "x,y"), ("Thurber", "density,mobility")] {
            let problem = try #require(RegressionProblem.named(name))
            let rows = zip(problem.x, problem.y).map { "\($0),\($1)" }.joined(separator: "\n")
            let path = try folder.write(Array("\(columns)\n\(rows)\n".utf8), as: "\(name).csv")
            let names = problem.parameters.indices.map { "b\($0 + 1)" }
            let start = zip(names, problem.starts[0]).map { "\($0)=\($1)" }.joined(separator: ",")
            let result = try leibniz(["fit", "--data", path, "--model", problem.model, "--from", start, "--json"])
                .json()
            let found = try #require(result["parameters"] as? [String: Double])
            let errors = try #require(result["standard_errors"] as? [String: Double])
            for (place, name) in names.enumerated() {
                #expect(abs((found[name] ?? 0) / problem.parameters[place] - 1) < 1e-6)
                #expect(abs((errors[name] ?? 0) / problem.standardErrors[place] - 1) < 1e-6)
            }
            #expect(
                result["converged"] as? Bool == true
                    && result["degrees_of_freedom"] as? Int == problem.x.count - names.count)
        }
    }

    @Test func `a fit says what is wrong with data and names`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(Array("t,v\n1,2\n2,3\n3,x\n".utf8), as: "data.csv")
        let good = try folder.write(Array("t,v\n1,2\n2,3.5\n3,4\n".utf8), as: "good.csv")
        func run(_ arguments: [String]) throws -> Program.Outcome { try leibniz(["fit"] + arguments) }
        let text = try run(["--data", path, "--model", "a*x", "--from", "a=1"])
        #expect(text.status == 65 && text.errors.contains("line 4"), "\(text)")
        let missing = try run(["--data", good, "--model", "a*x", "--from", "a=1", "--x", "time"])
        #expect(missing.status == 66 && missing.errors.contains("time"), "\(missing)")
        #expect(try run(["--data", good, "--model", "a*x", "--from", "c=1"]).status == 64)
        #expect(try run(["--data", "no.csv", "--model", "a*x", "--from", "a=1"]).status == 66)
        let few = try run(["--data", good, "--model", "a+b*x+c*x^2+d*x^3", "--from", "a=1,b=1,c=1,d=1"])
        #expect(few.status == 65 && few.errors.contains("too few rows"), "\(few)")
        let line = try run(["--data", good, "--model", "a*x+b", "--from", "a=0,b=0", "--x", "t", "--y", "v", "--json"])
            .json()
        let found = try #require(line["parameters"] as? [String: Double])
        #expect(abs((found["a"] ?? 0) - 1) < 1e-9 && abs((found["b"] ?? 0) - 7.0 / 6) < 1e-9)
    }

    @Test func `pictures are written in both formats`() throws {
        let folder = try TemporaryFolder()
        let graph = folder.path + "/graph.svg", field = folder.path + "/field.png", way = folder.path + "/way.svg"
        #expect(
            try leibniz(["plot", "-1/x", "--with-derivative", "--from", "-2", "--to", "2", "--out", graph]).status == 0)
        let svg = try String(contentsOfFile: graph, encoding: .utf8)
        #expect(svg.hasPrefix("<svg") && svg.contains("derivative"))
        // The pole parts both curves.
        #expect(svg.components(separatedBy: "stroke=\"#0072B2\"").count >= 4)
        #expect(try leibniz(["plot", "x^2 - y^2", "--from", "x=-1,y=-2", "--out", field]).status == 0)
        let png = try Data(contentsOf: URL(fileURLWithPath: field))
        #expect(Array(png.prefix(8)) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        #expect(try leibniz(["minimize", Self.rosenbrock, "--from", "x=-1.2,y=1", "--plot", way]).status == 0)
        #expect(try String(contentsOfFile: way, encoding: .utf8).contains("steps"))
        let empty = try leibniz(["plot", "log(-1-x^2)", "--out", graph])
        #expect(empty.status == 65 && empty.errors.contains("log of"), "\(empty)")
    }
}
