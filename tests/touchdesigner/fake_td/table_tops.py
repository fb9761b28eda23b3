"""Parameters of the texture operators, as Derivative's pages name them."""

# ruff: noqa: E501 - tables
from __future__ import annotations

from fake_td.table_language import Table, table

_UNIT = "menu=indices|frames|seconds|fraction"
_SPACES = ("menu=automatic|srgb|srgblinear|rec601ntsc|rec709|rec2020|rec2020st2084pq|rec2020hlg|dcip3|dcip3d60|"
           "displayp3d65|displayp3d65linear|aces2065-1|acescg|acesproxy|passthrough")
_OPERANDS = ("menu=add|atop|average|brightest|burncolor|burnlinear|chromadifference|color|darkercolor|difference|dimmest|"
             "divide|dodge|exclude|freeze|glow|hardlight|hardmix|heat|hue|inside|insideluminance|inverse|lightercolor|"
             "luminancedifference|maximum|minimum|multiply|negate|outside|outsideluminance|over|overlay|pinlight|reflect|"
             "screen|softlight|linearlight|stencilluminance|subtract|subtractive|under|vividlight|xor|yfilm|zfilm")
_FORMATS = ("menu=useinput|rgba8fixed|srgba8fixed|rgba16float|rgba32float|rgb10a2fixed|rgba16fixed|rgba11float|rgb16float|"
            "rgb32float|mono8fixed|mono16fixed|mono16float|mono32float|rg8fixed|rg16fixed|rg16float|rg32float|a8fixed|"
            "a16fixed|a16float|a32float|monoalpha8fixed|monoalpha16fixed|monoalpha16float|monoalpha32float")
_FITS = "menu=fill|fithorz|fitvert|fitbest|fitoutside|nativeres"
_CROSS_FITS = "menu=fill|fithorz|fitvert|fitbest|fitworst|nativeres"

COMMON = f"""
@Common
outputresolution Menu useinput menu=useinput|eighth|quarter|half|2x|4x|8x|fit|limit|custom
resolution(w,h) Int 256 min=1
resmenu Pulse
resmult Toggle 1
outputaspect Menu useinput menu=useinput|resolution|custom
aspect(1,2) Float 1
armenu Pulse
inputfiltertype Menu linear menu=nearest|linear|mipmap
fillmode Menu useinput menu=useinput|fill|width|height|best|outside|nativeres
filtertype Menu linear menu=nearest|linear|mipmap
npasses Int 1 min=1
chanmask Int 15
format Menu useinput {_FORMATS}
"""
_COLOUR_SPACE = f"""
parmcolorspace Menu srgb {_SPACES} since=2025
parmreferencewhite Menu default menu=default|sdr|hdr|ui since=2025
"""
_PLACE = """
justifyh Menu center menu=left|center|right
justifyv Menu center menu=bottom|center|top
"""
_TRANSFORM = """
r Float
t(x,y) Float
tunit Menu fraction menu=pixels|fraction|fractionaspect
s(x,y) Float 1
p(x,y) Float 0.5
punit Menu fraction menu=pixels|fraction|fractionaspect
legacyxform Toggle
"""
_FIXED_LAYER = "@Transform\nsize Menu input1 menu=input1|input2\n"
_EXTEND = "extend Menu zero menu=hold|zero|repeat|mirror\n"

MOVIE_FILE_IN = f"""
@Play
file File
reload Toggle
reloadpulse Pulse
playmode Menu sequential menu=locked|specify|sequential|timecodeop
play Toggle 1
speed Float 1
cue Toggle
cuepulse Pulse
cuepoint Float
cuepointunit Menu indices {_UNIT}
cuebehavior Menu repeat menu=repeat|play
index Float
indexunit Menu indices {_UNIT}
loopcrossfade Float
loopcrossfadeunit Menu indices {_UNIT}
stepsize Int 1 min=1
audioloop Menu silence menu=silence|fade|match
imageindexing Menu zero menu=zero|filename
timecodemode Menu absolute menu=absolute|usefiletimecode since=2023
timecodeop Str
@Image
interp Toggle
deinterlace Menu off menu=off|even|odd|bob
precedence Menu even menu=even|odd
bottomhalfalpha Toggle
multalpha Menu automatic menu=off|on|automatic until=2023
premultrgbbyalpha Menu automatic menu=off|on|automatic since=2025
inputsrgb Toggle 0 until=2023
inputcolorspace Menu automatic {_SPACES} since=2025
inputreferencewhite Menu default menu=default|sdr|hdr since=2025
loadingerrorimage Menu coloredbottomright menu=coloredbottomright|zero
decodepixelformat Menu fastest menu=fastest|best since=2023
@Trim
trim Toggle
tstart Float
tstartunit Menu indices {_UNIT}
tend Float
tendunit Menu indices {_UNIT}
textendleft Menu cycle menu=hold|cycle|mirror|black|zero
textendright Menu cycle menu=hold|cycle|mirror|black|zero
overridesample Toggle
samplerate Float 30
@Tune
prereadframes Int 10 min=1
frametimeout Int 1000 min=0
frametimeoutstrat Menu playback menu=keep|playback|seeking
alwaysloadinitial Toggle 0
opentimeout Int 1000 min=0
uselatestontimeout Toggle 1 until=2022
predownloadhttp Toggle 1 since=2023
updateimage Toggle 1
maxdecodecpus Int 4
highperfread Toggle
highperfreadfactor Float 4
hwdecode Toggle 0 until=2023
hwdecode Toggle 1 since=2025
asyncupload Toggle 1
@Callbacks
callbacks DAT since=2025.31760
"""
CROSS = f"@Cross\ncross Float 0 min=0 max=1\n{_FIXED_LAYER}prefit Menu fill {_CROSS_FITS}\n{_PLACE}{_EXTEND}{_TRANSFORM}"
OVERLAYS = f"{_FIXED_LAYER}prefit Menu fill {_FITS}\n{_PLACE}{_EXTEND}{_TRANSFORM}"
COMPOSITE = f"""
@Composite
top TOP
previewgrid Toggle
selectinput Toggle
inputindex Float
operand Menu multiply {_OPERANDS}
swaporder Toggle
{_FIXED_LAYER}
prefit Menu fitoutside {_FITS}
{_PLACE}{_EXTEND}{_TRANSFORM}
tstep(x,y) Float
tstepunit Menu fraction menu=pixels|fraction|fractionaspect
"""
SWITCH = f"""
@Switch
index Float 0 min=0
blend Toggle
extend Menu clamp menu=clamp|loop|zigzag
{_FIXED_LAYER.replace("input1|input2", "input1|input2")}
"""
LEVEL = """
@Pre
clampinput Menu automatic menu=automatic|clamp|unclamped
invert Float 0 min=0 max=1
blacklevel Float
brightness1 Float 1
gamma1 Float 1
contrast Float 1
@Range
inlow Float
inhigh Float 1
outlow Float
outhigh Float 1
@RGBA
lowr Float
highr Float 1
lowg Float
highg Float 1
lowb Float
highb Float 1
lowa Float
higha Float 1
@Step
stepping Toggle
stepsize Float 0.25
threshold Float
clamplow Float
clamphigh Float 1
soften Float
@Post
gamma2 Float 1
opacity Float 1 min=0
brightness2 Float 1
clamp Toggle
clamplow2 Float
clamphigh2 Float 1
premultrgbbyalpha Toggle 1
"""
CONSTANT = f"""
@Constant
color(r,g,b) Float 1
alpha Float 1
multrgbbyalpha Toggle 1
rgbaunit Menu u1 menu=u1|u256|u65536
@Output
compoverinput Toggle
operand Menu over {_OPERANDS}
swaporder Toggle
"""
FIT = f"""
@Fit
fit Menu fitbest {_FITS}
{_PLACE}
xord Menu srt menu=srt|str|rst|rts|tsr|trs
t(x,y) Float
tunit Menu fraction menu=pixels|fraction|fractionaspect
r Float
s(x,y) Float 1
p(x,y) Float 0.5
punit Menu fraction menu=pixels|fraction|fractionaspect
bgcolor(r,g,b,a) Float 0
premultrgbbyalpha Toggle 1
legacyxform Toggle
"""
TEXT = """
@Text
field COMP
dat DAT
rowindex Int
colindex Int
specdat DAT
text Str derivative
legacyparsing Toggle
wordwrap Toggle
@Font
font StrMenu Verdana
fontfile File
charset Menu unicode menu=unicode|symbol
dispmethod Menu automatic menu=automatic|polygon|stroke|bitmap|scalable
antialias Menu aa4 menu=aa1|aa2|aa4|aa8mid|aa8high|aa16low|aa16mid|aa16high|aa32
bold Toggle
italic Toggle
fontautosize Menu nofit menu=nofit|alwaysfit|fitiffat
fontsizex Float 24
fontsizexunit Menu pixels menu=pixels|fraction|fractionaspect|points
fontsizey Float 24
keepfontratio Toggle 1
position(1,2) Float
positionunit Menu pixels menu=pixels|fraction|fractionaspect
linespacing Float
alignx Menu center menu=left|center|right
alignxmode Menu metrics menu=metrics|bbox
aligny Menu center menu=bottom|center|top
alignymode Menu metrics menu=metrics|bbox
borderspace(1,2) Float
@Color
multrgbbyalpha Toggle 1
fontcolor(r,g,b) Float 1
fontalpha Float 1
bgcolor(r,g,b) Float 0
bgalpha Float 0
"""
SELECT = "@Select\ntop TOP\n"
CACHE = "@Cache\nactive Toggle 1\ncachesize Int 32 min=1\nstep Int 1\noutputindex Float\ninterp Toggle\nprefill Toggle\nreset Toggle\nresetpulse Pulse\n"
CONNECTOR_OUT = "@Out\nlabel Str\nconnectorder Int\n"
CONNECTOR_IN = "@In\nlabel Str\nconnectorder Int\n"
SCRIPT = "@Script\ncallbacks DAT\nsetuppars Pulse\nmodoutsidecook Toggle 0 since=2025\n"
NULL = ""

_ENDINGS = {
    "moviefileinTOP": MOVIE_FILE_IN, "crossTOP": CROSS, "compositeTOP": COMPOSITE, "switchTOP": SWITCH, "levelTOP": LEVEL,
    "constantTOP": CONSTANT, "fitTOP": FIT, "textTOP": TEXT, "selectTOP": SELECT, "cacheTOP": CACHE, "outTOP": CONNECTOR_OUT,
    "inTOP": CONNECTOR_IN, "nullTOP": NULL, "addTOP": OVERLAYS, "overTOP": OVERLAYS, "underTOP": OVERLAYS,
    "multiplyTOP": OVERLAYS, "scriptTOP": SCRIPT, "resolutionTOP": "",
}
_COLOURED = frozenset({"constantTOP", "fitTOP", "textTOP", "levelTOP"})

TOPS: dict[str, Table] = {name: table(text, COMMON, _COLOUR_SPACE if name in _COLOURED else "")
                          for name, text in _ENDINGS.items()}
"""Operator type → its parameters."""
