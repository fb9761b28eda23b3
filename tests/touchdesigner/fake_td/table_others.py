"""Parameters of the channel, data and component operators, as Derivative's pages name them."""

# ruff: noqa: E501 - tables
from __future__ import annotations

from fake_td.table_language import Table, table

_CHOP_COMMON = """
@Common
timeslice Toggle
scope Str *
srselect Menu first menu=first|max|min|err
exportmethod Menu datname menu=datindex|datname|autoname
autoexportroot OP
exporttable DAT
commonrenamefrom Str * since=2025
commonrenameto Str since=2025
"""
_QUEUE_UNIT = "menu=samples|frames|seconds"
_CHOPS = {
    "oscinCHOP": f"""
@OSC In
active Toggle 1
protocol Menu msging menu=msging|multicastmsging
netaddress Str localhost
port Int 10000 min=0 max=65535
localaddress Str
oscaddressscope Str *
useglobalrate Toggle 1
samplerate Float 60
queued Toggle 1
queuevariance Float 0.1
queuevarianceunit Menu seconds {_QUEUE_UNIT}
maxqueue Float 1
maxqueueunit Menu seconds {_QUEUE_UNIT}
adjusttime Float 1
adjusttimeunit Menu seconds {_QUEUE_UNIT}
stripsegments Int 0 min=0
resetchannels Toggle
resetchannelspulse Pulse
resetvalues Toggle
resetvaluespulse Pulse
""",
    "infoCHOP": """
@Info
op OP
infotype StrMenu all
iscope Str *
values Menu all menu=all|inside|outside
range(1,2) Float
passive Toggle 0
childcooktime Toggle since=2023
""",
    "constantCHOP": """
@Constant
%const 1 since=2023
*name Str
*value Float
name(0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39) Str until=2022
value(0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39) Float until=2022
@Snap
snap Pulse
first Int
current Toggle
@Channel
single Toggle 1
start Float
end Float
rate Float 60
left Menu hold menu=hold|slope|cycle|mirror|default
right Menu hold menu=hold|slope|cycle|mirror|default
defval Float
""",
    "abletonlinkCHOP": """
@Ableton
active Toggle 1
enable Toggle 0
startstopsync Toggle 0
signature(1,2) Int 4
callbacks DAT
@Output
status Toggle 0
ramp Toggle 0
pulse Toggle 0
sine Toggle 0
count Toggle 0
countramp Toggle 0
bar Toggle 0
beat Toggle 0
sixteenths Toggle 0
rampbar Toggle 1
rampbeat Toggle 0
tempo Toggle 0
beats Toggle 0
phase Toggle 0
""",
    "nullCHOP": "@Null\ncooktype Menu automatic menu=automatic|selective|off|always|passive\ncheckvalues Toggle\n",
    "outCHOP": "@Out\nlabel Str\nconnectorder Int\n",
    "inCHOP": "@In\nlabel Str\nconnectorder Int\n",
    "selectCHOP": "@Select\nchops CHOP\nchannames Str *\nrenamefrom Str *\nrenameto Str\nfilterdigits Toggle\nautoprefix Toggle\nalign Menu auto menu=auto|extendminmax|stretchminmax|shiftmin|shiftmax\n",
    "mergeCHOP": "@Merge\nalign Menu auto menu=auto|extendminmax|stretchminmax|shiftmin|shiftmax\nduplicate Menu unique menu=unique|first|last|sum\n",
    "renameCHOP": "@Rename\nrenamefrom Str *\nrenameto Str\n",
    "scriptCHOP": "@Script\ncallbacks DAT\nsetuppars Pulse\n",
    "performCHOP": "@Perform\nactive Toggle 1\nfps Toggle 1\nmsec Toggle 0\ncook Toggle 0\ntrail Toggle 0\ndroppedframes Toggle 0\ncookrate Toggle 0\ntimeslicestep Toggle 0\ntimeslicemsec Toggle 0\ngpumemused Toggle 0\ntotalgpumem Toggle 0\n",
}

_DAT_COMMON = """
@Common
language Menu input menu=input|node
extension Menu language menu=dat|language|custom
customext Str
wordwrap Menu input menu=input|on|off
"""
_TEXT_COMMON = """
@Common
language Menu text menu=input|node|text|python|glsl|json|xml until=2022
language StrMenu plain since=2023
extension Menu language menu=dat|language|custom
customext Str
wordwrap Menu input menu=input|on|off
"""
_FILE = """
@File
file File
syncfile Toggle 0 since=2023
loadonstart Toggle
loadonstartpulse Pulse
write Toggle
writepulse Pulse
"""
_EXECUTE_HEAD = "active Toggle 1\nexecuteloc Menu here menu=current|here|op\nfromop OP\n"
_OSC_ROWS = """
addscope Str
typetag Toggle
splitbundle Toggle
splitmessage Toggle
bundletimestamp Toggle
@Received Messages
callbacks DAT
executeloc Menu callbacks menu=current|callbacks|op
fromop OP
clamp Toggle 1
maxlines Int 100 min=1
clear Pulse
bytes Toggle
"""
_DATS = {
    "oscinDAT": f"""
@Connect
active Toggle 1
protocol Menu msging menu=msging|multicastmsging|reliablemsging
address Str localhost
port Int 10000 min=0 max=65535
localaddress Str
shared Toggle
{_OSC_ROWS}""",
    "oscoutDAT": f"""
@Connect
active Toggle 1
protocol Menu msging menu=msging|multicastmsging|reliablemsging
address Str localhost
port Int 10000 min=0 max=65535
localaddress Str
shared Toggle
{_OSC_ROWS}""",
    "udpinDAT": """
@Connect
active Toggle 1
protocol Menu msging menu=msging|multicastmsging|reliablemsging
address Str localhost
port Int 10000 min=0 max=65535
localaddress Str
shared Toggle
format Menu perline menu=perline|perbyte|permessage
callbacks DAT
executeloc Menu callbacks menu=current|callbacks|op
fromop OP
clamp Toggle 1
maxlines Int 10 min=1
clear Pulse
bytes Toggle
""",
    "websocketDAT": """
@Connect
active Toggle 1
netaddress Str localhost
port Int 10000 min=0 max=65535
timeout Int 5000 min=0 since=2023
@Received Messages
callbacks DAT
executeloc Menu callbacks menu=current|callbacks|op
fromop OP
clamp Toggle 1
maxlines Int 100 min=1
clear Pulse
bytes Toggle
""",
    "textDAT": f"{_FILE}edit Pulse\n",
    "tableDAT": f"{_FILE}edit Pulse\nfill Menu manual menu=manual|setsize|setsizeandcontents\nrows Int 1\ncols Int 1\ncellexpr Str\nincludenames Toggle\nremoveblank Toggle\n",
    "executeDAT": f"@Execute\n{_EXECUTE_HEAD}start Toggle\ncreate Toggle\nexit Toggle\nframestart Toggle\nframeend Toggle\nplaystatechange Toggle\ndevicechange Toggle\nprojectpresave Toggle since=2022\nprojectpostsave Toggle since=2022\nedit Pulse\n{_FILE}",
    "chopexecuteDAT": f"@CHOP Execute\n{_EXECUTE_HEAD}chop CHOP\nchannel Str *\nofftoon Toggle\nwhileon Toggle\nontooff Toggle\nwhileoff Toggle\nvaluechange Toggle\nfreq Menu everysample menu=everysample|onceperframe\nedit Pulse\n{_FILE}",
    "parameterexecuteDAT": f"@Parameter Execute\n{_EXECUTE_HEAD}op OP\npars Str\nvaluechange Toggle 1\nvalueschanged Toggle 0 since=2022\nonpulse Toggle 1\nexpressionchange Toggle\nexportchange Toggle\nenablechange Toggle\nmodechange Toggle\ncustom Toggle 1\nbuiltin Toggle 1\nedit Pulse\n{_FILE}",
    "datexecuteDAT": f"@DAT Execute\n{_EXECUTE_HEAD}dat DAT\nexecute Menu end menu=start|end\ntablechange Toggle\nrowchange Toggle\ncolchange Toggle\ncellchange Toggle\nsizechange Toggle\nedit Pulse\n{_FILE}",
    "infoDAT": "@Info\nop OP\npassive Toggle since=2023\n",
    "nullDAT": "",
    "outDAT": "@Out\nlabel Str\nconnectorder Int\n",
    "inDAT": "@In\nlabel Str\nconnectorder Int\n",
    "selectDAT": "@Select\ndat DAT\n",
    "fifoDAT": "@FIFO\ncallbacks DAT\nclamp Toggle 1\nmaxlines Int 100 min=1\nfirstrow Toggle\nclear Pulse\n",
    "scriptDAT": "@Script\ncallbacks DAT\nsetuppars Pulse\n",
}
_TEXTLIKE = frozenset({"textDAT", "tableDAT"})

_COMP_COMMON = """
@Extensions
reinitextensions Pulse
initextonstart Toggle 0 since=2025
%ext 1 since=2023
*object Str
*name Str
*promote Toggle 1
extension(1,2,3,4) Str until=2022
extname(1,2,3,4) Str until=2022
promoteextension(1,2,3,4) Toggle 1 until=2022
@Common
parentshortcut Str
opshortcut Str
%iop 1 since=2023
*shortcut Str
*op OP
iop(1,2,3,4) Str until=2022
iopshortcut(1,2,3,4) Str until=2022
nodeview Menu default menu=default|opviewer
opviewer OP
enablecloning Toggle 1
enablecloningpulse Pulse
clone COMP
loadondemand Toggle
enableexternaltox Toggle 1
enableexternaltoxpulse Pulse
externaltox File
reloadcustom Toggle 1
reloadbuiltin Toggle 1
savebackup Toggle 1
subcompname Str
relpath Menu inherit menu=inherit|project|externaltox
"""
_COMPS = {
    "baseCOMP": "",
    "containerCOMP": "@Layout\nx Float\ny Float\nw Float 400\nh Float 300\nfixedaspect Menu off menu=off|horizontal|vertical\ndisplay Toggle 1\nenable Toggle 1\n@Look\ntop TOP\ntopfill Menu fitbest menu=off|fill|fithorz|fitvert|fitbest|fitoutside|nativeres\nbgcolor(r,g,b) Float 0\nbgalpha Float 1\n",
    "windowCOMP": "@Window\nwinop OP\nwinopen Pulse\nwinclose Pulse\ntitle Str\nborders Toggle 1\nwinw Int 720\nwinh Int 480\n",
    "annotateCOMP": "@Annotate\nTitletext Str\nBodytext Str\n",
}

CHOPS: dict[str, Table] = {name: table(text, _CHOP_COMMON) for name, text in _CHOPS.items()}
DATS: dict[str, Table] = {name: table(text, _TEXT_COMMON if name in _TEXTLIKE else _DAT_COMMON)
                          for name, text in _DATS.items()}
COMPS: dict[str, Table] = {name: table(text, _COMP_COMMON) for name, text in _COMPS.items()}
